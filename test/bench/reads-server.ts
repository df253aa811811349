/** The far side of `npm run bench:reads`, a process of its own: the admin API over its HTTP routes on a real etcd. Says its port on stdout. */
import {Keys} from '../../src/etcd/keys.ts';
import {tuneEngine} from '../../src/runtime/engine.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import {Planners} from '../../src/server/planners.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {World} from '../server/admin/fixture.ts';
import {fixture, listen} from '../server/http/fixture.ts';

const [endpoint = '', prefix = '', service = ''] = process.argv.slice(2);
tuneEngine();
const planners = new Planners({logger: silentLogger});
const {dependencies} = new World({
  store: openEtcdStore({endpoints: [endpoint]}),
  keys: new Keys(prefix, service),
  service,
  wallMs: () => Date.now(),
  ...planners.forReaders,
});
const {server} = fixture({admin: createAdminHandlers(dependencies)});
process.stdout.write(`${await listen(server)}\n`);
