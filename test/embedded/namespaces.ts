/** Stores as processes of namespaces of their own: PID namespaces of one host name, and kernels that look like others. */
import {spawn, spawnSync} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {openEndpoint} from '../../src/etcd/connection.ts';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {bundled} from '../support/bundle.ts';
import {LONG_MS} from '../support/until.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'src', 'embedded', 'main.ts');
const FLAGS = ['--mount', '--pid', '--fork', '--mount-proc', '--uts', '--kill-child'];
const HOST_NAME = 'pod-0';

/** Whether this user may make them. */
export const hasNamespaces = spawnSync('unshare', [...FLAGS, 'true']).status === 0;

export interface Started {
  readonly client: EndpointClient;
  /** Of the store's process, as this namespace counts. */
  readonly pid: number;
  readonly exited: Promise<number | null>;
  output(): string;
  kill(signal: NodeJS.Signals): void;
}

export interface NamespaceOptions {
  readonly dataDir: string;
  /** The kernel seems to be of this boot. Default: the real one. */
  readonly bootFile?: string;
}

const running = new Set<ChildProcess>();

/** A store in namespaces of its own, whose host name is the same as that of every other; undefined when it ended instead. */
export async function startInNamespaces({
  dataDir,
  bootFile,
}: NamespaceOptions): Promise<Started | {refusal: string}> {
  const boot =
    bootFile === undefined ? '' : `mount --bind '${bootFile}' /proc/sys/kernel/random/boot_id && `;
  const script = `hostname ${HOST_NAME} && ${boot}exec "$@"`;
  const command = [process.execPath, bundled(ENTRY), '--data-dir', dataDir];
  const child = spawn('unshare', [...FLAGS, 'sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ready = once(child.stdout, 'data') as Promise<[Buffer]>;
  const first = await Promise.race([ready, exited]);
  if (!Array.isArray(first)) return {refusal: output};
  const {endpoint} = JSON.parse(first[0].toString()) as {endpoint: string};
  const client = openEndpoint(endpoint, {endpoints: [endpoint], timeoutMs: LONG_MS});
  // unshare waits for the one child it has.
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
  return {client, pid, exited, output: () => output, kill: (signal) => process.kill(pid, signal)};
}

/** As what another kernel would have there. */
export function otherBoot(folder: string, name: string): string {
  const file = join(folder, `boot-${name}`);
  writeFileSync(file, `${name}-0000-0000\n`);
  return file;
}

/** What tests leave. */
export function endNamespaces(): void {
  for (const child of running) child.kill('SIGKILL');
}
