/** What `sm export` writes of one app, against the admin API over the memory store. */
import {afterEach, beforeEach, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {applyApp} from '../../src/cli/apps-apply.ts';
import {exportedApp} from '../../src/cli/exported-app.ts';
import {parseApps} from '../../src/config/apps-file.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import {fixture, listen} from '../server/http/fixture.ts';
import type {Fixture} from '../server/http/fixture.ts';
import {World} from '../server/admin/fixture.ts';

const service = 'orders';
let world: World;
let http: Fixture;
let client: AdminClient;

beforeEach(async () => {
  world = new World();
  http = fixture({admin: createAdminHandlers(world.dependencies)});
  client = new AdminClient({server: `http://127.0.0.1:${await listen(http.server)}`});
  await world.call('addSpec', {service});
  for (const shardId of ['a', 'b', 'c']) await world.call('addShard', {service, shardId});
});
afterEach(async () => {
  client.close();
  await http.server.close();
});

const damage = (shard: string) => world.put(world.keys.shardSpec(service, shard), '{"id":');

it('is the whole app', async () => {
  const {name, shards} = await exportedApp(client, service);
  expect([name, shards.map(({shardId}) => shardId)]).toEqual([service, ['a', 'b', 'c']]);
});

it('is refused while the specs of shards cannot be read: the file would pass for the whole app', async () => {
  for (const shard of ['c', 'b']) await damage(shard);
  await expect(exportedApp(client, service)).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    message: 'specs of 2 shards of app orders cannot be read: b, c',
    hint: expect.stringContaining('docs/alarms/QUARANTINE.md'),
    object: 'app/orders',
  });
  await world.call('delShard', {service, shardId: 'b'});
  await expect(exportedApp(client, service)).rejects.toMatchObject({
    message: 'specs of 1 shard of app orders cannot be read: c',
  });
});

it('does not keep apply from the shards that can be read', async () => {
  await damage('c');
  const [app] = parseApps([
    {file: 'apps.yml', text: 'apps: [{name: orders, shards: [a, b, c, d]}]'},
  ]);
  const {signal} = new AbortController();
  const options = {prune: false, dryRun: false, reason: '', ifRevision: undefined, signal};
  const applied = await applyApp(client, app as never, {...options, onProgress: () => undefined});
  expect(applied.errors.map(({object}) => object)).toEqual([expect.stringContaining('c')]);
  expect(await world.value(world.keys.shardSpec(service, 'd'))).toMatchObject({id: 'd'});
});
