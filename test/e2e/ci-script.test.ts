/** The script that pipelines copy: on the built daemon and two built sample containers, with nothing but exit codes and JSON. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {BIN, runCli} from '../support/cli-process.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {SampleContainer} from '../support/sample-container.ts';
import {LONG_MS, until} from '../support/until.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'examples', 'ci', 'lifecycle.sh');
const ROLLING = join(SCRIPT, '..', 'rolling-restart.sh');
const APP = 'ci-app';
/** Of waits and leases: only a hang may reach it. */
const LIMIT = `${LONG_MS / 1_000}s`;
/** Nobody dies here: no container is to be missed because the machine is busy. */
const TTL_MS = '30000';
const folder = ownFolder('ci');
const containers: SampleContainer[] = [];
let etcd: EtcdProcess;
let daemon: DaemonProcess;
let server = '';

beforeAll(async () => {
  etcd = await startEtcd();
  const [port = 0] = await freePorts(1);
  server = `http://127.0.0.1:${port}`;
  daemon = new DaemonProcess(
    `service: sm.ci\nport: ${port}\nendpoints: ["${etcd.endpoint}"]\netcdPrefix: /ci\n`,
  );
  const sm = join(folder, 'sm');
  writeFileSync(sm, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(sm, 0o755);
  await until(
    async () => (await runCli(['status', '--server', server])).exit === 0,
    LONG_MS,
    () => `the daemon answers: ${daemon.output}`,
  );
}, 2 * LONG_MS);
afterAll(async () => {
  await Promise.all(containers.map((container) => container.end()));
  await daemon.end();
  await etcd.stop();
});

/** A sample container that waits for its app. */
function startContainer(id: string): SampleContainer {
  const args = ['-a', APP, '--id', id, '--wait-for-app', '--ttl-ms', TTL_MS];
  const place = ['--endpoints', etcd.endpoint, '--etcd-prefix', '/ci'];
  const container = new SampleContainer(...args, ...place);
  containers.push(container);
  return container;
}

const outputs = (): string => containers.map(({output}) => output).join('');

async function runScript(): Promise<{code: number | null; output: string}> {
  const env = {...process.env, SM: join(folder, 'sm'), SM_SERVER: server, SM_WAIT: LIMIT};
  const child = spawn('bash', [SCRIPT, APP], {env, stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return {code, output};
}

it('leaves an app alone that was there before', async () => {
  const kept = ['app', 'create', APP, '--shards', '2', '--max-recovery-time', '0'];
  expect((await runCli([...kept, '--server', server])).exit).toBe(0);
  expect((await runScript()).code).toBe(1);
  const {stdout} = await runCli(['app', 'get', APP, '--json', '--server', server]);
  expect(JSON.parse(stdout)).toMatchObject({shards: {total: 2}});
  const rm = ['app', 'rm', APP, '--force', '--confirm', APP, '--wait', '--server', server];
  expect((await runCli(rm)).exit).toBe(0);
});

it('creates, scales, drains, waits and tears down, and leaves nothing behind', async () => {
  const running = ['c1', 'c2'].map((id) => startContainer(id));
  const {code, output: said} = await runScript();
  expect({code, said, of: code === 0 ? '' : outputs()}).toMatchObject({code: 0});
  expect(said.trim().split('\n').at(-1)).toBe('done');
  const {stdout} = await runCli(['app', 'ls', '--json', '--server', server]);
  expect(JSON.parse(stdout)).toMatchObject({kind: 'AppList', items: []});
  // Their app is gone: the containers have ended, each by itself.
  await Promise.all(running.map(({ended}) => ended));
  for (const word of ['"add"', '"drop"']) expect(outputs()).toContain(word);
});

it('restarts container by container, each only when it is permitted', async () => {
  const kept = ['app', 'create', APP, '--shards', '4', '--max-recovery-time', '0'];
  expect((await runCli([...kept, '--server', server])).exit).toBe(0);
  const ids = ['r1', 'r2', 'r3'];
  for (const id of ids) startContainer(id);
  const ready = ['wait', `app/${APP}`, '--for', 'balanced', '--timeout', LIMIT, '--server', server];
  expect((await runCli(ready)).exit).toBe(0);
  // 0 looks once: what is so already is no timeout.
  const look = ['wait', `app/${APP}`, '--for', 'exists', '--timeout', '0', '--server', server];
  expect((await runCli(look)).exit).toBe(0);
  const list = ['container', 'ls', '-a', APP, '--json', '--server', server];
  // Two of them are balanced too, before the third has joined.
  const readyIds = async (): Promise<string[]> => {
    const {items} = JSON.parse((await runCli(list)).stdout) as {
      items: {id: string; state: string}[];
    };
    return items.filter(({state}) => state === 'ready').map(({id}) => id);
  };
  await until(
    async () => (await readyIds()).length === ids.length,
    LONG_MS,
    () => `all have joined: ${outputs()}`,
  );
  // An operator's cordon outlasts the restart of its container.
  const cordon = ['container', 'cordon', '-a', APP, 'r2', '--server', server];
  expect((await runCli(cordon)).exit).toBe(0);
  const restarted: string[] = [];
  // What a supervisor does: ends the process and starts another one.
  const restart = join(folder, 'restart');
  writeFileSync(
    restart,
    `#!/bin/sh\nkill "$("${join(folder, 'sm')}" container get -a ${APP} "$1" -o json | grep -o '"pid":[0-9]*' | cut -d: -f2)"; echo "$1"\n`,
  );
  chmodSync(restart, 0o755);
  const env = {...process.env, SM: join(folder, 'sm'), SM_SERVER: server, SM_WAIT: LIMIT};
  const deploy = spawn('bash', [ROLLING, APP], {
    env: {...env, RESTART: restart, LEASE: LIMIT, HOLDER: 'deploy-1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  deploy.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  deploy.stdout.on('data', (chunk: Buffer) => {
    for (const id of chunk.toString().split('\n').filter(Boolean)) {
      restarted.push(id);
      startContainer(id);
    }
  });
  const [code] = (await once(deploy, 'close')) as [number | null];
  expect({code, said}).toMatchObject({code: 0});
  expect(restarted.sort()).toEqual(ids);
  const {stdout} = await runCli(list);
  const {items} = JSON.parse(stdout) as {items: {stop: unknown}[]};
  expect(items.map(({stop}) => stop)).toEqual([null, null, null]);
  const rm = ['app', 'rm', APP, '--force', '--confirm', APP, '--wait', '--server', server];
  expect((await runCli(rm)).exit).toBe(0);
});

it('says which step failed, and takes away what it made', async () => {
  const sm = join(folder, 'sm');
  // A tool that fails at the first wait.
  writeFileSync(
    sm,
    `#!/bin/sh\n[ "$1" = wait ] && exit 7\nexec "${process.execPath}" "${BIN}" "$@"\n`,
  );
  const {code, output} = await runScript();
  expect(code).toBe(7);
  expect(output).toContain(`create ${APP}`);
  // The daemon takes the app apart after the script has ended.
  const gone = ['wait', `app/${APP}`, '--for', 'gone', '--timeout', LIMIT, '--server', server];
  expect((await runCli(gone)).exit).toBe(0);
  expect((await runCli(['app', 'get', APP, '--server', server])).exit).toBe(3);
});
