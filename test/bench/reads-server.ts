/** The far side of `npm run bench:reads`, a process of its own: the admin API over its HTTP routes on a real etcd. Says its port on stdout. */
import {Keys} from '../../src/etcd/keys.ts';
import {plan} from '../../src/planner/index.ts';
import {tuneEngine} from '../../src/runtime/engine.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {World} from '../server/admin/fixture.ts';
import {fixture, listen} from '../server/http/fixture.ts';

const [endpoint = '', prefix = '', service = ''] = process.argv.slice(2);
tuneEngine();
const {dependencies} = new World({
  store: openEtcdStore({endpoints: [endpoint]}),
  keys: new Keys(prefix, service),
  service,
  wallMs: () => Date.now(),
  plan,
});
const {server} = fixture({admin: createAdminHandlers(dependencies)});
process.stdout.write(`${await listen(server)}\n`);
