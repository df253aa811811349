import {Flags} from '@oclif/core';
import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {etcdFlags, etcdOf} from '../../cli/etcd-flags.ts';
import {registrationOf} from '../../cli/registration-flags.ts';
import {jsonText} from '../../cli/json-text.ts';
import type {Container, Shard, joinApp} from '../../container/index.ts';
import {TTL_DEFAULT_MS} from '../../model/limits.ts';
import {given} from '../../model/said.ts';
import {onFirstSignal} from '../../runtime/first-signal.ts';
import {pause} from '../../runtime/pause.ts';

export default class ContainerRun extends SmCommand<typeof ContainerRun> {
  static override summary = 'Run a sample container that only logs its shards.';
  static override description =
    'Prints one JSON line per event on stdout. On SIGTERM and Ctrl-C it leaves gracefully: every shard moves away first. A second signal ends it at once.';
  static override examples = [
    '<%= config.bin %> container run -a orders --id orders-1',
    '<%= config.bin %> container run -a orders --id orders-2 --weight 2 --zone eu-1a --app-version 1.4.0',
    '<%= config.bin %> container run -a orders --id load --count 10 --quiet',
    '<%= config.bin %> container run -a orders --id orders-3 --config-file sample.yml --username orders --password-file orders-password',
  ];
  static override hiddenAliases = ['containers:run'];
  static override flags = {
    app: appFlag,
    ...etcdFlags,
    id: Flags.string({
      description: 'container id; default the host:port at which daemons reach it',
    }),
    host: Flags.string({
      description:
        'address of this process, at which daemons reach it; default that of --advertise, or 127.0.0.1',
    }),
    bind: Flags.string({description: 'address to listen on; default --host'}),
    advertise: Flags.string({
      description: 'host:port daemons reach this process at; default --host and its port',
    }),
    port: Flags.integer({description: 'port of the hint receiver; 0: a free one', default: 0}),
    'ttl-ms': Flags.integer({
      description: 'T: how long one heartbeat gives the right to act',
      default: TTL_DEFAULT_MS,
    }),
    weight: Flags.string({
      description:
        'share of shards and load relative to other containers; weight 2 gets twice as much',
      default: '1',
    }),
    capacity: Flags.integer({
      description: 'maximum number of shards it may own; 0: only the limit of the app',
      default: 0,
    }),
    limit: Flags.string({
      description: 'maximum load in a metric, as METRIC=NUMBER; may be repeated',
      multiple: true,
    }),
    zone: Flags.string({
      description: 'where the container runs: a rack, a data center',
      default: '',
    }),
    label: Flags.string({description: 'a label, as KEY=VALUE; may be repeated', multiple: true}),
    'app-version': Flags.string({
      description: 'version of the application, shown to operators',
      default: '',
    }),
    count: Flags.integer({
      description: 'number of containers in this process, with ids ID-1, ID-2, ...',
      default: 1,
      min: 1,
    }),
    'add-ms': Flags.integer({description: 'how long add takes', default: 0}),
    'drop-ms': Flags.integer({description: 'how long drop takes', default: 0}),
    'wait-for-app': Flags.boolean({description: 'wait for the app to be created'}),
    quiet: Flags.boolean({description: 'print no lines for add and drop'}),
  };

  override async run(): Promise<void> {
    const sdk = await import('../../container/index.ts');
    const {count, id} = this.flags;
    const ids =
      count === 1
        ? [id]
        : Array.from({length: count}, (_, index) => `${id ?? 'container'}-${index + 1}`);
    const containers = await Promise.all(ids.map((name) => this.join(sdk.joinApp, name)));
    onFirstSignal(
      ['SIGTERM', 'SIGINT'],
      () => void Promise.all(containers.map((container) => container.leave())),
    );
    const ends = await Promise.all(containers.map((container) => container.ended));
    if (ends.includes('deleted')) this.say(`app ${this.flags.app} was removed`);
  }

  private async join(join: typeof joinApp, id: string | undefined): Promise<Container> {
    const {createLogger} = await import('../../runtime/logger.ts');
    const {app, host, bind, advertise, port} = this.flags;
    const container = await join(
      {
        app,
        ...etcdOf(this.flags),
        ...given({id, host, bind, advertise}),
        port,
        ttlMs: this.flags['ttl-ms'],
        waitForApp: this.flags['wait-for-app'],
        ...registrationOf(this.flags),
        logger: createLogger({destination: process.stderr}),
      },
      {
        add: (shard) => this.hook('add', id, shard, this.flags['add-ms']),
        drop: (shard) => this.hook('drop', id, shard, this.flags['drop-ms']),
      },
    );
    void container.ready.then(
      () =>
        this.event({
          event: 'ready',
          container: container.id,
          endpoint: container.endpoint,
          incarnation: container.incarnation,
        }),
      () => undefined,
    );
    return container;
  }

  private async hook(
    event: 'add' | 'drop',
    container: string | undefined,
    shard: Shard,
    ms: number,
  ): Promise<void> {
    if (ms > 0) await pause(ms);
    if (!this.flags.quiet) this.event({event, container, shard: shard.id, token: shard.token});
  }

  private event(fields: object): void {
    process.stdout.write(`${jsonText({...fields, at: new Date().toISOString()})}\n`);
  }
}
