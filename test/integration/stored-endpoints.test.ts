/** A daemon calls addresses that it has read from the store. Whoever may write there must learn nothing by it. */
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {IncomingHttpHeaders} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {joinApp} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import {Cluster, LONG_MS} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const SECRET = 's'.repeat(43);
const folder = ownFolder('stored-endpoints');
let etcd: EtcdProcess;
let cluster: Cluster;
beforeAll(async () => {
  etcd = await startEtcd();
  cluster = await Cluster.start({etcd, daemons: 0});
});
afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

it('a stranger that registers as a daemon is sent no token of the admin API', async () => {
  const calls: {path: string; headers: IncomingHttpHeaders}[] = [];
  const stranger = createServer((request, response) => {
    calls.push({path: request.url ?? '', headers: request.headers});
    request.resume();
    response.writeHead(202, {'content-type': 'application/json'}).end('{"accepted": 1}');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const {port: strangersPort} = stranger.address() as AddressInfo;
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, `${SECRET}\n`, {mode: 0o600});
  const [port = 0] = await freePorts(1);
  const text = `${cluster.configText(port)}auth: {tokenFile: ${tokens}}\n`;
  const daemon = await serve(parseConfig(text, 'test.yml'), {
    logger: silentLogger,
    version: 'test',
  });
  await daemon.ready;
  const admin = new AdminClient({server: `http://${daemon.address}`, tokenFile: tokens});
  const container = await joinApp(
    {
      // Under the rights of a daemon's own app: what a stolen role could do at most.
      ...(await cluster.joinOptions(cluster.keys.service, 'stranger', {logger: silentLogger})),
      ...{host: '127.0.0.1', port: strangersPort, attach: true, service: cluster.keys.service},
    },
    {add: () => undefined, drop: () => undefined},
  );
  try {
    for (const app of ['one', 'two', 'three', 'four'])
      await admin.call('addSpec', {service: app, maxRecoveryTime: 0});
    await until(() => calls.length > 0, LONG_MS, 'the daemon calls the stranger');
    expect(JSON.stringify(calls)).not.toContain(SECRET);
    expect(calls.map(({headers}) => headers.authorization)).not.toContainEqual(expect.anything());
  } finally {
    admin.close();
    await container.leave();
    await daemon.shutdown();
    stranger.closeAllConnections();
    stranger.close();
  }
});
