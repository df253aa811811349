/** The commands of README.md with an etcd, as they stand there. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {ROOT, block, killGroup, shell} from '../support/readme.ts';
import {LONG_MS, until} from '../support/until.ts';

/** Ports of this test for etcd, daemon and CLI, given by environment and configuration: the commands stay as they are. */
async function ownPorts(folder: string): Promise<NodeJS.ProcessEnv> {
  const [port, client, peer] = await freePorts(3);
  const sample = readFileSync(join(ROOT, 'sample.yml'), 'utf8');
  writeFileSync(
    join(folder, 'sample.yml'),
    sample
      .replace('port: 8801', `port: ${port}`)
      .replace('[127.0.0.1:2379]', `[127.0.0.1:${client}]`),
  );
  return {
    SM_SERVER: `http://127.0.0.1:${port}`,
    SM_ENDPOINTS: `127.0.0.1:${client}`,
    ETCD_DATA_DIR: join(folder, 'etcd'),
    ETCD_LISTEN_CLIENT_URLS: `http://127.0.0.1:${client}`,
    ETCD_ADVERTISE_CLIENT_URLS: `http://127.0.0.1:${client}`,
    ETCD_LISTEN_PEER_URLS: `http://127.0.0.1:${peer}`,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://127.0.0.1:${peer}`,
    ETCD_INITIAL_CLUSTER: `default=http://127.0.0.1:${peer}`,
  };
}

it('the commands with etcd end with three shards on the container that is left', async () => {
  const commands = block('With etcd');
  expect(commands).toContain('etcd &');
  const folder = ownFolder('readme');
  const sm = `sm() { ${join(ROOT, 'bin', 'run.js')} "$@"; }`;
  const last = 'sm shard ls -a orders -o json > shards.json; echo "README is done"; wait';
  const run = shell(`${sm}\n${commands}\n${last}`, folder, await ownPorts(folder));
  try {
    await until(
      () => run.output().includes('README is done') || run.child.exitCode !== null,
      2 * LONG_MS,
      () => `the commands end: ${run.output()}`,
    );
    const {items} = JSON.parse(readFileSync(join(folder, 'shards.json'), 'utf8')) as {
      items: {id: string; container: string; state: string}[];
    };
    const rows = items.map(({id, container, state}) => [id, container, state]);
    expect(rows).toEqual(['s1', 's2', 's3'].map((id) => [id, 'c2', 'ready']));
  } finally {
    killGroup(run);
    await run.closed;
  }
});
