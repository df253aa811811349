/**
 * A process that has loaded the built command line once and runs call after call; test/support/cli-hosts.ts sends them. A call is over
 * when nothing of it would keep a process of its own alive.
 */
import {setTimeout as passed} from 'node:timers/promises';

/** One call: its arguments, and all of its environment. */
export interface HostedCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What it has written, and the exit code that its process would have. */
export interface HostedEnd {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const POLL_MS = 2;
const [, , program = ''] = process.argv;
process.env['NODE_ENV'] = 'production';
const {main} = (await import(program)) as {main(): Promise<void>};

/** Writes to this stream from now on; ask for them when the call is over. */
function captured(stream: NodeJS.WriteStream): () => string {
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  return () => text;
}

/** What keeps this process alive, the timer of this question aside. */
async function alive(): Promise<string> {
  await passed(POLL_MS);
  return process.getActiveResourcesInfo().sort().join();
}

function takeEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env, {NODE_ENV: 'production'});
}

async function run({args, env}: HostedCall): Promise<HostedEnd> {
  takeEnvironment(env);
  process.argv.splice(2, Infinity, ...args);
  process.exitCode = undefined;
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  await main();
  while ((await alive()) !== idle);
  return {exit: Number(process.exitCode ?? 0), stdout: stdout(), stderr: stderr()};
}

process.exit = (code): never => {
  throw new Error(`process.exit(${code ?? ''}) in a call that shares its process`);
};
let idle = '';
// The channel counts from here on, and a stream once it is opened, at its first use.
process.on('message', (call: HostedCall) => {
  void run(call).then((end) => process.send?.(end));
});
// Calls that pipe their result add listeners, and this process serves many calls.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
captured(process.stdout);
captured(process.stderr);
idle = await alive();
process.send?.('loaded');
