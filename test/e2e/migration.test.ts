/** The commands of MIGRATION.md, as they stand there, in their order; a test container and a test server play the Go project. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {OriginContainer} from '../integration/origin-container.ts';
import {OriginServer} from '../integration/origin-server.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SERVICE = 'sm.test';
const APP = 'proxy.dev';
/** Nobody dies here: no session is to end because the machine is busy. */
const SESSION_TTL_S = 60;
const SHARDS = ['a.b', 'x y', 'ü', 's-1', 's-2', 's-3'];

/** All blocks of shell commands, without what indents them. */
function blocks(): string[] {
  const text = readFileSync(join(ROOT, 'MIGRATION.md'), 'utf8');
  return [...text.matchAll(/ *```sh\n([\s\S]*?) *```/g)].map(([, block = '']) =>
    block.replaceAll(/^ +/gm, ''),
  );
}

class Shell {
  output = '';
  readonly child: ChildProcess;

  constructor(script: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn('bash', ['-ec', `exec 2>&1\n${script}`], {
      ...{cwd, detached: true, stdio: ['ignore', 'pipe', 'inherit']},
      env: {...process.env, NO_COLOR: '1', SM_OUTPUT: '', ...env},
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  signal(name: NodeJS.Signals): void {
    if (this.child.exitCode === null) process.kill(-(this.child.pid ?? 0), name);
  }
}

it('leads there and back while shards run on', async () => {
  const [report, serve, look, back, ...more] = blocks();
  expect(more).toEqual([]);
  const etcd = await startEtcd();
  const [port = 0] = await freePorts(1);
  const folder = ownFolder('migration');
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(ROOT, 'bin', 'run.js'), join(folder, 'bin', 'sm'));
  // As the Go project spells it.
  const lines = [`service: ${SERVICE}`, `port: "${port}"`, `endpoints: ${etcd.endpoint}`];
  writeFileSync(join(folder, 'sample.yml'), [...lines, 'etcdPrefix: /sm/', ''].join('\n'));
  const env = {
    ...{PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, APP, SERVICE},
    SM_SERVER: `127.0.0.1:${port}`,
  };
  const run = async (script = ''): Promise<string> => {
    const shell = new Shell(script, folder, env);
    const code = await shell.ended();
    expect(code, `${script}\n${shell.output}`).toBe(0);
    return shell.output;
  };
  const server = await new OriginServer(etcd.endpoint, SERVICE, SESSION_TTL_S).start();
  await server.createApp(APP, SHARDS);
  await server.rebalance(APP);
  const options = {endpoint: etcd.endpoint, app: APP, sessionTtlS: SESSION_TTL_S};
  const container = await new OriginContainer(options).start();
  let daemon: Shell | undefined;
  try {
    for (const shard of SHARDS) await server.add(APP, container, shard);
    await until(() => container.running.length === SHARDS.length, LONG_MS, 'all shards run');
    const calls = container.calls.length;
    expect(await run(report)).toMatch(/proxy\.dev +- +6 +3 +1 +6 +short +0/);
    const started = new Shell(serve ?? '', folder, env);
    daemon = started;
    await until(
      () => started.output.includes('"ready"'),
      LONG_MS,
      () => started.output,
    );
    expect(started.output).toContain(`port is read as ${port}`);
    const doctor = new Shell('sm doctor', folder, env);
    expect(await doctor.ended()).not.toBe(0);
    expect(doctor.output).toMatch(/FAIL +other server/);
    await server.stop();
    expect(await run(look)).toContain('6 of 6 shards ready');
    started.signal('SIGTERM');
    await started.ended();
    expect(await run(back)).toMatch(/proxy\.dev +- +6 +3 +1 +6 +good +0/);
    expect(container.calls.length).toBe(calls);
    expect(container.running.length).toBe(SHARDS.length);
  } finally {
    daemon?.signal('SIGKILL');
    await container.kill();
    await etcd.stop();
  }
});
