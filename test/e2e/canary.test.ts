/** `sm canary` as built, on the cluster of a `sm dev`: what it measures, and that its containers go when it goes. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CommandProcess, sm} from '../support/command.ts';
import type {Ran} from '../support/command.ts';
import {LONG_MS, until} from '../support/until.ts';

/** A run that ends before its shards are placed gets more time. */
const RUN_S = [10, 40, 100];

interface Line {
  readonly event: string;
  readonly server?: string;
  readonly store?: string;
  readonly url?: string;
  readonly why?: string;
  readonly measured?: {
    readonly verdict: {readonly twoOwners: boolean; readonly passes: number};
    readonly standing: number;
    readonly handovers: Record<string, {readonly count: number; readonly maxMs: number}>;
    readonly faults: Record<string, number>;
  };
}

function linesOf(command: CommandProcess): Line[] {
  const whole = command.stdout.slice(0, command.stdout.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function line(command: CommandProcess, event: string, fits: (one: Line) => boolean = () => true) {
  const found = () => linesOf(command).find((one) => one.event === event && fits(one));
  return until(found, LONG_MS, () => `${event}: ${command.stdout.slice(-2_000)} ${command.stderr}`);
}

describe('sm canary', () => {
  let dev: CommandProcess;
  let place: string[];

  beforeAll(async () => {
    const ports = ['--port', '0', '--store-port', '0'];
    dev = new CommandProcess('dev', '--containers', '1', '--shards', '1', ...ports, '-o', 'jsonl');
    const {server = '', store = ''} = await line(dev, 'listening');
    place = ['--server', server, '--endpoints', store, '--ttl-ms', '3000'];
    await line(dev, 'placed');
  });

  afterAll(async () => {
    await dev.end('SIGTERM');
  });

  it('measures handovers after faults on purpose, and tells Prometheus', async () => {
    const size = ['--containers', '3', '--shards', '6', '--metrics-port', '0', '-o', 'jsonl'];
    const canary = new CommandProcess('canary', ...place, ...size, '--faults', 'kill,pause');
    const {url = ''} = await line(canary, 'metrics');
    await line(canary, 'measured', ({measured}) => measured?.standing === 0);
    const {measured} = await line(canary, 'measured', (one) => {
      const {handovers = {}, verdict} = one.measured ?? {};
      const isFault = (handovers['kill'] ?? handovers['pause']) !== undefined;
      return isFault && (verdict?.passes ?? 0) > 100;
    });
    expect(measured?.verdict).toMatchObject({twoOwners: false});
    const text = await (await fetch(url)).text();
    expect(text).toMatch(/^sm_canary_two_owners 0$/m);
    expect(text).toMatch(/^sm_canary_shards 6$/m);
    expect(text).toMatch(/^sm_canary_handover_seconds_count\{cause="(kill|pause)"\} [1-9]/m);
    expect(text).toMatch(/^sm_canary_faults_total\{fault="(kill|pause)"\} [1-9]/m);
    expect(await canary.end('SIGINT')).toBe(0);
    expect(linesOf(canary).at(-1)).toMatchObject({
      event: 'stopped',
      measured: {verdict: {twoOwners: false}},
    });
  });

  it('ends by itself after --duration, and leaves an app to the next run that lacks nothing', async () => {
    const size = ['--containers', '2', '--shards', '6', '-o', 'json'];
    const placed = 'app canary: 6 shards on 2 containers';
    let ran: Ran | undefined;
    for (const seconds of RUN_S)
      if (ran?.stderr.includes(placed) !== true)
        ran = await sm('canary', ...place, ...size, '--duration', `${seconds}s`);
    const {exit, stdout, stderr} = ran ?? {stdout: ''};
    expect(stderr).toContain(placed);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'Canary',
      shards: 6,
      faults: {},
      verdict: {twoOwners: false, shards: 6},
    });
    const [, server = ''] = place;
    let left: unknown;
    const isWell = async (): Promise<boolean> => {
      const {stdout: text} = await sm('app', 'get', 'canary', '--server', server, '-o', 'json');
      left = JSON.parse(text);
      return (left as {health?: string}).health === 'OK';
    };
    // An alarm about a container that has left ends with the governor's next summary, which is written each second.
    await until(isWell, LONG_MS, () => `the app is well: ${JSON.stringify(left)}`);
    expect(left).toMatchObject({health: 'OK', shards: {total: 0}, alarms: []});
  });

  it('that has measured nothing does not end as if all were well, and says why', async () => {
    const [, server = ''] = place;
    const wrong = ['--server', server, '--endpoints', '127.0.0.1:1', '-a', 'wrong'];
    const canary = new CommandProcess('canary', ...wrong, '-o', 'jsonl');
    const {why} = await line(canary, 'containerEnded');
    expect(why).toMatch(/^etcd does not answer: .*; fix: .*endpoints/);
    expect(await canary.end('SIGINT')).toBe(7);
    expect(canary.output).toContain('measured nothing');
  });

  it('does not touch an app that has shards of others, nor takes a fault it does not know', async () => {
    const foreign = await sm('canary', ...place, '-a', 'demo', '--duration', '5s');
    expect(foreign.exit).toBe(4);
    expect(foreign.stderr).toContain('does not belong to this canary');
    const unknown = await sm('canary', ...place, '--faults', 'flood');
    expect(unknown.exit).toBe(2);
    expect(unknown.stderr).toContain('kill, pause, drain');
  });
});
