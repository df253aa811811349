/** Apps above the threshold are planned in a thread of the daemon, on a real etcd; a thread that dies, or cannot begin, costs no shard its service. */
import {Worker} from 'node:worker_threads';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLogger} from '../../src/runtime/logger.ts';
import {beginPlannerThread} from '../../src/server/planner-thread.ts';
import {LONG_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const APP = 'orders';
const SHARDS = shardIds(30);
/** Below what the app has. */
const FROM = 10;

let etcd: EtcdProcess;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

class Bed {
  readonly threads: Worker[] = [];
  readonly lines: string[] = [];
  cluster!: Cluster;

  async start(begin: () => Worker): Promise<void> {
    const logger = createLogger({destination: {write: (line) => void this.lines.push(line)}});
    const beginThread = (): Worker => {
      const worker = begin();
      this.threads.push(worker);
      return worker;
    };
    this.cluster = await startCluster({
      etcd,
      logger,
      planners: {plansBesideFrom: FROM, beginThread},
    });
    await this.cluster.createApp(APP);
    await this.cluster.addShards(APP, SHARDS);
  }

  /** Each has its share. */
  async shares(containers: readonly string[]): Promise<void> {
    await until(
      async () => {
        const rows = [...(await this.cluster.shards(APP)).values()];
        const counts = containers.map((id) => rows.filter((row) => row.container === id).length);
        return (
          rows.every(({state}) => state === 'ready') &&
          counts.every((count) => count === SHARDS.length / containers.length)
        );
      },
      LONG_MS,
      `shards are spread over ${containers.join(', ')}`,
    );
  }

  async metric(name: string): Promise<number> {
    const [daemon] = this.cluster.daemons;
    const text = await (await fetch(`http://${daemon?.daemon.address}/metrics`)).text();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  }
}

describe('a large app', () => {
  it('is planned in a thread, and in the next one when that has died', async () => {
    const bed = new Bed();
    await bed.start(beginPlannerThread);
    const {cluster} = bed;
    await cluster.join(APP, 'c1');
    await bed.shares(['c1']);
    expect(bed.threads).toHaveLength(1);
    await bed.threads[0]?.terminate();
    await cluster.join(APP, 'c2');
    await bed.shares(['c1', 'c2']);
    expect(bed.threads).toHaveLength(2);
    expect(bed.lines.join('')).toContain('the planner thread has ended: it is started again');
    expect(bed.lines.join('')).not.toContain('GOVERNOR_BROKEN');
    expect(await bed.metric('sm_planner_thread_losses_total')).toBe(1);
    await cluster.stop();
  });

  it('is planned within the event loop when no thread lives', async () => {
    const bed = new Bed();
    await bed.start(() => new Worker('process.exit(1)', {eval: true}));
    const {cluster} = bed;
    await Promise.all([cluster.join(APP, 'c1'), cluster.join(APP, 'c2')]);
    await bed.shares(['c1', 'c2']);
    expect(bed.lines.join('')).toContain('plans are made in the event loop');
    expect(bed.lines.join('')).not.toContain('GOVERNOR_BROKEN');
    expect(await bed.metric('sm_planner_thread_losses_total')).toBe(bed.threads.length);
    await cluster.stop();
  });
});
