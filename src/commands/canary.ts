import {Flags} from '@oclif/core';
import {SmCommand, parseDuration} from '../cli/base-command.ts';
import {etcdFlags, etcdOf} from '../cli/etcd-flags.ts';
import {jsonText} from '../cli/json-text.ts';
import {untilEnd} from '../cli/until-end.ts';
import type {Canary, CanaryEvent, ChaosAction} from '../dev/index.ts';
import {SmError} from '../model/errors.ts';
import {
  CANARY_CONTAINERS_LEAST,
  CANARY_REPORT_MS,
  CANARY_SHARDS_LIMIT,
  LOCAL_CONTAINERS_DEFAULT,
  LOCAL_CONTAINERS_LIMIT,
  LOCAL_SHARDS_DEFAULT,
  TWO_OWNERS_EXIT,
} from '../cli/limits.ts';
import {PORT_LIMIT, TTL_DEFAULT_MS, TTL_MAX_MS, TTL_MIN_MS} from '../model/limits.ts';

const FAULTS: readonly ChaosAction[] = ['kill', 'pause', 'drain'];

export default class CanaryCommand extends SmCommand<typeof CanaryCommand> {
  static override summary =
    'Measure a cluster continuously with a small app: double owners, handovers, gaps in service.';
  static override description =
    'Creates an app if it does not exist, and runs containers for it on this machine that constantly act for their shards. Their reports are checked for two ' +
    'owners of a shard, and show how long a shard is without an owner when it moves. Runs until Ctrl-C, SIGTERM or --duration; its shards are then removed, its containers ' +
    'leave, and the app stays for the next run; sm app rm canary removes it. With --faults it kills, pauses and drains its own containers at random. Exits 10 if ' +
    'a shard ever had two owners, 7 if nothing could be measured.';
  static override examples = [
    '<%= config.bin %> canary --endpoints 127.0.0.1:2379 --metrics-port 9464',
    '<%= config.bin %> canary --duration 10m --faults kill,pause,drain -o json',
    '<%= config.bin %> canary --config-file sample.yml --username canary --password-file canary-password',
  ];
  static override flags = {
    app: Flags.string({char: 'a', description: 'app of the canary', default: 'canary'}),
    ...etcdFlags,
    containers: Flags.integer({
      description: 'how many',
      default: LOCAL_CONTAINERS_DEFAULT,
      min: CANARY_CONTAINERS_LEAST,
      max: LOCAL_CONTAINERS_LIMIT,
    }),
    shards: Flags.integer({
      description: 'how many',
      default: LOCAL_SHARDS_DEFAULT,
      min: 1,
      max: CANARY_SHARDS_LIMIT,
    }),
    'ttl-ms': Flags.integer({
      description: 'T: how long one heartbeat gives the right to act',
      default: TTL_DEFAULT_MS,
      min: TTL_MIN_MS,
      max: TTL_MAX_MS,
    }),
    duration: Flags.string({description: 'end after this time: 30s, 10m, 2h'}),
    faults: Flags.string({
      description: `faults on purpose, comma-separated: ${FAULTS.join(', ')}`,
      default: '',
    }),
    'metrics-port': Flags.integer({
      description: 'port of the metrics (Prometheus); 0: any; default: none',
      min: 0,
      max: PORT_LIMIT,
    }),
    'metrics-host': Flags.string({
      description: 'address of the metrics',
      default: '127.0.0.1',
    }),
  };

  /** Program of the containers; a test gives one that breaks the rules. */
  protected readonly program: string | undefined = undefined;

  override async run(): Promise<void> {
    const {flags, program} = this;
    const faults = faultsOf(flags.faults);
    const limitMs = flags.duration === undefined ? undefined : parseDuration(flags.duration);
    const {Canary, CanaryLines, nothingMeasured} = await import('../dev/index.ts');
    const lines = new CanaryLines(flags.app);
    const emit = (event: CanaryEvent): void => this.showEvent(event, lines.of(event));
    const canary = new Canary({
      admin: this.client,
      app: flags.app,
      containers: flags.containers,
      shards: flags.shards,
      store: etcdOf(flags),
      ttlMs: flags['ttl-ms'],
      faults,
      emit,
      program,
    });
    const end = untilEnd(limitMs);
    try {
      await this.watch(canary, end, emit);
    } finally {
      await canary.stop();
    }
    if (canary.measured.verdict.passes === 0) throw nothingMeasured();
    await this.conclude(canary, lines.of({event: 'measured', measured: canary.measured}));
  }

  private async watch(
    canary: Canary,
    end: Promise<void>,
    emit: (event: CanaryEvent) => void,
  ): Promise<void> {
    const {'metrics-port': port, 'metrics-host': host} = this.flags;
    if (port !== undefined) emit({event: 'metrics', url: await canary.metrics.listen(host, port)});
    await canary.start();
    const reporting = setInterval(
      () => emit({event: 'measured', measured: canary.measured}),
      CANARY_REPORT_MS,
    );
    await Promise.race([canary.fleet.placed, end]);
    canary.disturb();
    await end;
    clearInterval(reporting);
  }

  private async conclude(canary: Canary, lines: readonly string[]): Promise<void> {
    const {measured} = canary;
    if (this.format === 'jsonl')
      process.stdout.write(`${jsonText({event: 'stopped', measured})}\n`);
    else
      await this.showObject({
        kind: 'Canary',
        fields: {...measured},
        name: this.flags.app,
        lines: [...lines],
      });
    if (measured.verdict.twoOwners) this.leaveWith(TWO_OWNERS_EXIT);
  }
}

/** @throws SmError INVALID_INPUT. */
function faultsOf(text: string): ChaosAction[] {
  const words = text === '' ? [] : text.split(/\s*,\s*/);
  return words.map((word) => {
    const fault = FAULTS.find((known) => known === word);
    if (fault !== undefined) return fault;
    throw new SmError('INVALID_INPUT', `${JSON.stringify(word)} is not a fault`, {
      hint: `use one of ${FAULTS.join(', ')}`,
    });
  });
}
