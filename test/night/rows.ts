/** The faults of an operator's night on one cluster: what is broken, and what each way of asking has to name. */
import type {ContainerProcess} from '../support/container-process.ts';
import {until} from '../support/until.ts';
import type {NightContainers, NightDaemon} from './bed.ts';
import {readyz, START_LIMIT_MS} from './bed.ts';
import type {ByRights, Question, Row} from './table.ts';

export interface Fault {
  readonly row: Row;
  /** All is well. */
  readonly prepare: () => Promise<void>;
  readonly strike: () => Promise<void>;
}

interface Words {
  readonly cause: RegExp;
  readonly fix: RegExp;
  /** Name of the alert that has to fire. */
  readonly alert: RegExp;
}

const NOT_ITS_BUSINESS = {byRights: 'a daemon is ready whatever an app lacks'};
const GONE = {byRights: 'there is no process to ask'};

/** Status, doctor, why and alert of one app. */
function questions(
  daemon: NightDaemon,
  app: string,
  shard: string,
  {cause, fix, alert}: Words,
): Pick<Row, 'status' | 'doctor' | 'why' | 'alert'> {
  const of = new RegExp(`\\b${app}\\b`);
  return {
    status: {ask: () => daemon.said('status'), of, cause, fix},
    doctor: {ask: () => daemon.said('doctor'), of, cause, fix},
    why: {ask: () => daemon.said('shard', 'why', '-a', app, shard), cause, fix},
    alert: {ask: () => daemon.alerts(), of, cause: alert},
  };
}

export function appFaults(daemon: NightDaemon, containers: NightContainers): Fault[] {
  return [...faultsOfContainers(daemon, containers), ...faultsOfPlacement(daemon, containers)];
}

type Over = Partial<Fault> & {readonly readyz?: Question | ByRights; readonly shard?: string};

/** Makes the fault of an app. */
function lackingOn(daemon: NightDaemon) {
  return (fault: string, app: string, words: Words, over: Over): Fault => ({
    row: {
      fault,
      ...questions(daemon, app, over.shard ?? 's0', words),
      readyz: over.readyz ?? NOT_ITS_BUSINESS,
    },
    prepare: over.prepare ?? (() => Promise.resolve()),
    strike: over.strike ?? (() => Promise.resolve()),
  });
}

function faultsOfContainers(daemon: NightDaemon, containers: NightContainers): Fault[] {
  const lacking = lackingOn(daemon);
  let killed: ContainerProcess | undefined;
  return [
    lacking(
      'container killed (it has 5 minutes to come back)',
      'killed',
      {
        cause: /its container k1 is (silent|lost)/,
        fix: /sm container get -a killed k1/,
        alert: /Sm(Unserved|NoContainers)/,
      },
      {
        readyz: GONE,
        prepare: async () => {
          await containers.createApp('killed', 2, {maxRecoveryTime: 300});
          killed = await containers.start('killed', 'k1');
          await containers.allReady('killed');
        },
        strike: async () => void (await killed?.end()),
      },
    ),
    lacking(
      'crash loop: `add` ends the process',
      'crashing',
      {
        cause: /refusing|silent|lost|ended \d+ times|suspect/,
        fix: /sm container (evict|get)/,
        alert: /Sm(Refusing|Unserved|NoContainers)/,
      },
      {
        readyz: GONE,
        prepare: () => containers.createApp('crashing', 3),
        strike: async () => containers.crashLoop('crashing', 'x1'),
      },
    ),
    lacking(
      '`add` refuses',
      'refusing',
      {cause: /no disk/, fix: /fix what its add needs/, alert: /SmRefusing/},
      {
        prepare: () => containers.createApp('refusing', 3),
        strike: async () => void (await containers.start('refusing', 'r1', 'throws')),
      },
    ),
  ];
}

function faultsOfPlacement(daemon: NightDaemon, containers: NightContainers): Fault[] {
  const lacking = lackingOn(daemon);
  const {admin} = daemon;
  return [
    lacking(
      '`drop` hangs',
      'hanging',
      {
        cause: /h1 has been dropping it since .*drop (has not returned|has exceeded)/,
        fix: /sm container evict -a hanging h1/,
        alert: /SmStuck/,
      },
      {
        readyz: {
          ask: () => readyz(`http://${endpoints.get('h1') ?? ''}`),
          cause: /drop of s0 has exceeded its time limit/,
        },
        prepare: async () => {
          await containers.createApp('hanging', 1);
          await containers.start('hanging', 'h1', 'hangs', {dropTimeoutMs: 5_000});
          await containers.allReady('hanging');
          await remember(daemon, 'hanging', 'h1');
        },
        strike: async () => {
          await containers.start('hanging', 'h2');
          await admin.call('updateShard', {
            service: 'hanging',
            shardId: 's0',
            manualContainerId: 'h2',
          });
        },
      },
    ),
    lacking(
      'pin to nobody',
      'pinned',
      {
        cause: /pinned to nobody, which is not alive/,
        fix: /sm shard unpin -a pinned s0/,
        alert: /SmUnserved/,
      },
      {
        prepare: async () => {
          await containers.createApp('pinned', 2);
          await containers.start('pinned', 'p1');
          await containers.allReady('pinned');
        },
        strike: async () =>
          void (await admin.call('updateShard', {
            service: 'pinned',
            shardId: 's0',
            manualContainerId: 'nobody',
          })),
      },
    ),
    lacking(
      'deaf container: nobody listens where it says',
      'deaf',
      {
        cause: /cannot be called at 127\.0\.0\.2:\d+: connection refused/,
        fix: /sm container (get|evict) -a deaf d1/,
        alert: /SmUnreachable/,
      },
      {
        readyz: {
          ask: () => readyz(`http://${endpoints.get('d1') ?? ''}`),
          cause: /503.*cannot be called at 127\.0\.0\.2:\d+: connection refused/,
        },
        prepare: () => containers.createApp('deaf', 2),
        strike: async () => {
          await containers.start('deaf', 'd1', 'works', {host: '127.0.0.2', bind: '127.0.0.1'});
          await remember(daemon, 'deaf', 'd1');
        },
      },
    ),
    lacking(
      'no container',
      'empty',
      {
        cause: /the app has no container/,
        fix: /start a process that joins app empty/,
        alert: /SmNoContainers/,
      },
      {
        readyz: GONE,
        strike: () => containers.createApp('empty', 3),
      },
    ),
    lacking(
      'capacity short',
      'short',
      {
        cause: /holds as many shards as it may/,
        fix: /--max-shard-count/,
        alert: /SmCapacityShort/,
      },
      {
        shard: 's2',
        prepare: async () => {
          await containers.createApp('short', 1, {maxShardCount: 1});
          await containers.start('short', 'c1');
          await containers.allReady('short');
        },
        strike: async () =>
          void (await admin.call('addShards', {
            service: 'short',
            shards: [{shardId: 's1'}, {shardId: 's2'}],
          })),
      },
    ),
  ];
}

/** Where it listens, which is not where the deaf one says that it does. */
async function remember({admin}: NightDaemon, app: string, id: string): Promise<void> {
  const endpoint = await until(
    async () => {
      const {containers: all} = await admin.call('getContainers', {service: app});
      return all.find((one) => one.id === id)?.endpoint;
    },
    START_LIMIT_MS,
    `${id} is registered`,
  );
  endpoints.set(id, endpoint.replace('127.0.0.2', '127.0.0.1'));
}

/** Where the processes listen, by container id. */
const endpoints = new Map<string, string>();
