/**
 * Which alerts of monitoring/ fire now, by a Prometheus of its own on a free port that scrapes daemons and containers every second.
 * `npx tsx scripts/alert-watch.ts URL... [--seconds N]` prints them after N seconds (default 40), one a line; it needs `prometheus` on the PATH.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {parseArgs} from 'node:util';

export interface Alert {
  /** As `SmStuck`. */
  readonly name: string;
  /** Names its page in docs/alarms. */
  readonly code: string;
  /** `pending`: true, and not yet for as long as the rule wants. */
  readonly state: 'pending' | 'firing';
  /** '' where it speaks of no app. */
  readonly app: string;
  readonly summary: string;
}

export interface AlertWatch {
  /** Alerts at this moment; empty while Prometheus has not scraped yet. */
  alerts(): Promise<Alert[]>;
  /** Ends Prometheus and removes what it wrote. */
  close(): Promise<void>;
}

const RULES = resolve(import.meta.dirname, '../monitoring');
const START_LIMIT_MS = 30_000;
const END_LIMIT_MS = 5_000;

/** Watches these servers, as `http://127.0.0.1:7001`, with the token of their admin API where they ask for one. @throws Error where Prometheus cannot be started. */
export async function watchAlerts(servers: readonly string[], token = ''): Promise<AlertWatch> {
  const folder = await mkdtemp(join(tmpdir(), 'sm-alerts-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, configOf(servers, token), {mode: 0o600});
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    {stdio: ['ignore', 'ignore', 'pipe']},
  );
  const close = async (): Promise<void> => {
    await ended(child);
    await rm(folder, {recursive: true, force: true});
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(child, url);
  } catch (error) {
    await close();
    throw error;
  }
  return {alerts: () => alertsOf(url), close};
}

/** JSON is YAML. */
function configOf(servers: readonly string[], token: string): string {
  return JSON.stringify({
    global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
    rule_files: [join(RULES, 'recording.yml'), join(RULES, 'alerts.yml')],
    scrape_configs: servers.map((server, index) => ({
      job_name: `sm-${index}`,
      scheme: new URL(server).protocol.replace(':', ''),
      tls_config: {insecure_skip_verify: true},
      ...(token === '' ? {} : {authorization: {credentials: token}}),
      static_configs: [{targets: [new URL(server).host], labels: {job: 'sm'}}],
    })),
  });
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let output = '';
  let failed: Error | undefined;
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.once('error', (error) => (failed = error));
  child.once('exit', (code) => (failed ??= new Error(`prometheus ended with ${code}: ${output}`)));
  const endMs = performance.now() + START_LIMIT_MS;
  while (performance.now() < endMs) {
    if (failed !== undefined) throw failed;
    if (
      await fetch(`${url}/-/ready`).then(
        ({ok}) => ok,
        () => false,
      )
    )
      return;
    await pause(100);
  }
  throw new Error(`prometheus is not ready after ${START_LIMIT_MS} ms: ${output}`);
}

async function alertsOf(url: string): Promise<Alert[]> {
  const reply = (await (await fetch(`${url}/api/v1/alerts`)).json()) as {
    readonly data: {readonly alerts: readonly Raised[]};
  };
  return reply.data.alerts.map(({labels, annotations, state}) => ({
    name: labels['alertname'] ?? '',
    code: labels['code'] ?? '',
    state,
    app: labels['app'] ?? '',
    summary: annotations['summary'] ?? '',
  }));
}

interface Raised {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: Alert['state'];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = pause(END_LIMIT_MS).then(() => child.kill('SIGKILL'));
  await Promise.race([exit, late]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function main(): Promise<void> {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {seconds: {type: 'string', default: '40'}},
  });
  if (positionals.length === 0) throw new Error('name the servers, as http://127.0.0.1:7001');
  const watch = await watchAlerts(positionals);
  try {
    await pause(Number(values.seconds) * 1_000);
    for (const {state, code, app, summary} of await watch.alerts())
      console.log([state, code, app === '' ? '-' : app, summary].join('\t'));
  } finally {
    await watch.close();
  }
}

if (process.argv[1] === import.meta.filename) await main();
