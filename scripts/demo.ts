/**
 * `npm run demo`: the main job on real parts. An etcd of its own, two daemons, four containers as processes, an app with 40
 * shards; then a container is killed, another drained, the governing daemon killed, 20 shards added, the app removed. Every
 * step must end with every shard ready on exactly one living container and no shard outside the step moved, and in the
 * end not one key of the app may be left. Exits 0 only then. `--ttl-ms N`: T of daemons and containers; with a longer one a machine
 * that is busy leaves nobody without a heartbeat, and the steps in which somebody is killed take longer.
 */
import {scriptOptions} from '../test/support/script-options.ts';
import {DemoBed, LIMIT} from './demo-bed.ts';

const SHARDS = 40;
const ADDED = 20;
const APP = 'orders';
const TTL_MS = '3000';

async function main(): Promise<void> {
  const options = {'ttl-ms': {type: 'string', default: TTL_MS}} as const;
  const {'ttl-ms': ttlMs} = scriptOptions(import.meta.filename, options);
  const bed = await DemoBed.start({app: APP, ttlMs: Number(ttlMs)});
  try {
    await run(bed);
    console.log('\ndemo passed: every step as it should be');
  } catch (error) {
    console.error(`\ndemo FAILED: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await bed.stop();
  }
}

async function run(bed: DemoBed): Promise<void> {
  await bed.step('two daemons and an app', async () => {
    await bed.sm('app', 'create', APP, '--max-recovery-time', '0');
  });
  await bed.step('four containers and 40 shards', async () => {
    for (const id of ['c1', 'c2', 'c3', 'c4']) await bed.startContainer(id);
    await bed.sm('shard', 'add', '-a', APP, '--count', String(SHARDS), '--prefix', 's');
    await bed.untilReady();
  });
  await bed.checkPlacement('start', {total: SHARDS, mayMove: () => true});
  const start = bed.placement;

  await bed.step('SIGKILL of container c1', async () => {
    await bed.killContainer('c1');
    await bed.sm('wait', `container/${APP}/c1`, '--for', 'gone', '--timeout', LIMIT);
    await bed.untilReady();
  });
  await bed.checkPlacement('container killed', {
    total: SHARDS,
    mayMove: (shard) => start.get(shard) === 'c1',
  });

  const beforeDrain = bed.placement;
  await bed.step('drain of container c2', async () => {
    await bed.sm('container', 'drain', '-a', APP, 'c2', '--reason', 'demo', '--timeout', LIMIT);
    await bed.untilReady();
  });
  await bed.checkPlacement('container drained', {
    total: SHARDS,
    mayMove: (shard) => beforeDrain.get(shard) === 'c2',
  });

  await bed.step('SIGKILL of the governing daemon', async () => {
    await bed.killGovernor();
    await bed.untilGoverned();
    await bed.untilReady();
  });
  await bed.checkPlacement('governor killed', {total: SHARDS, mayMove: () => false});

  await bed.step(`${ADDED} more shards`, async () => {
    await bed.sm('shard', 'add', '-a', APP, '--count', String(ADDED), '--prefix', 'x');
    await bed.untilReady();
  });
  await bed.checkPlacement('shards added', {
    total: SHARDS + ADDED,
    mayMove: (shard) => shard.startsWith('x'),
  });

  await bed.step('app removed, containers stopped', async () => {
    await bed.sm('app', 'rm', APP, '--force', '--confirm', APP);
    await bed.sm('wait', `app/${APP}`, '--for', 'gone', '--timeout', LIMIT);
    await bed.stopContainers();
  });
  await bed.checkNothingLeft();
}

await main();
