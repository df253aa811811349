import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {jsonText} from '../cli/json-text.ts';
import {DEFAULT_SERVER} from '../cli/settings.ts';
import {untilEnd} from '../cli/until-end.ts';
import type {DevBed, DevEvent, WantedPort} from '../dev/index.ts';
import {
  DEV_PORT,
  DEV_SHARDS_LIMIT,
  DEV_STORE_PORT,
  LOCAL_CONTAINERS_DEFAULT,
  LOCAL_CONTAINERS_LIMIT,
  LOCAL_SHARDS_DEFAULT,
  TWO_OWNERS_EXIT,
} from '../cli/limits.ts';
import {PORT_LIMIT} from '../model/limits.ts';

export default class Dev extends SmCommand<typeof Dev> {
  static override summary = 'Try sm: a store, a daemon, containers and an app, all at once.';
  static override description =
    'Everything is kept in memory and ends on Ctrl-C, SIGTERM, when the terminal closes, or after --timeout. Needs no etcd and no configuration.\n' +
    'With --chaos, containers are killed, stopped and drained at random while their own reports are checked for two owners of ' +
    'a shard; exits 10 if there ever were.';
  static override examples = [
    '<%= config.bin %> dev',
    '<%= config.bin %> dev --containers 5 --shards 100 --chaos',
    '<%= config.bin %> dev --chaos --timeout 60s -o jsonl',
  ];
  static override flags = {
    containers: Flags.integer({
      description: 'how many',
      default: LOCAL_CONTAINERS_DEFAULT,
      min: 1,
      max: LOCAL_CONTAINERS_LIMIT,
    }),
    shards: Flags.integer({
      description: 'how many',
      default: LOCAL_SHARDS_DEFAULT,
      min: 1,
      max: DEV_SHARDS_LIMIT,
    }),
    chaos: Flags.boolean({
      description:
        'kill, stop and drain containers at random, and report any shard that had two owners',
    }),
    port: Flags.integer({
      description: `port of the admin API; default ${DEV_PORT}, or any free one; 0: any`,
      min: 0,
      max: PORT_LIMIT,
    }),
    'store-port': Flags.integer({
      description: `port of the store; default ${DEV_STORE_PORT}, or any free one; 0: any`,
      min: 0,
      max: PORT_LIMIT,
    }),
  };

  override async run(): Promise<void> {
    const end = untilEnd(this.timeoutMs);
    const {Chaos, DevBed, Lines, endedBeforeUp, programName} = await import('../dev/index.ts');
    const {createLogger} = await import('../runtime/logger.ts');
    const program = programName(process.argv[1] ?? 'sm', process.cwd());
    const lines = new Lines({program, defaultServer: DEFAULT_SERVER});
    const emit = (event: DevEvent): void => this.showEvent(event, lines.of(event));
    const bed = await DevBed.start({
      containers: this.flags.containers,
      shards: this.flags.shards,
      port: wanted(this.flags.port, DEV_PORT),
      storePort: wanted(this.flags['store-port'], DEV_STORE_PORT),
      version: this.config.version,
      logger: createLogger({level: 'error', format: 'text', destination: process.stderr}),
      emit,
      end,
    });
    if (this.flags.chaos) await Promise.race([bed.fleet.placed, end]);
    const chaos = this.flags.chaos ? new Chaos(bed, emit) : undefined;
    await end;
    await chaos?.stop();
    await bed.stop();
    if (bed.fleet.verdict.summary.passes === 0) throw endedBeforeUp();
    await this.conclude(bed, lines.of({event: 'verdict', verdict: bed.fleet.verdict.summary}));
  }

  private async conclude(bed: DevBed, lines: readonly string[]): Promise<void> {
    const verdict = bed.fleet.verdict.summary;
    if (this.format === 'jsonl') process.stdout.write(`${jsonText({event: 'stopped', verdict})}\n`);
    else await this.showObject({kind: 'Dev', fields: {verdict}, name: 'demo', lines});
    if (verdict.twoOwners) this.leaveWith(TWO_OWNERS_EXIT);
  }
}

function wanted(given: number | undefined, otherwise: number): WantedPort {
  return {wanted: given ?? otherwise, fixed: given !== undefined};
}
