/** A running daemon with its store inside, on which all happens that has series of its own, and what it then exports. */
import {silentLogger} from '../../src/runtime/logger.ts';
import {joinApp} from '../../src/container/index.ts';
import type {Container} from '../../src/container/index.ts';
import {Site} from '../support/site.ts';
import {LONG_MS, until} from '../support/until.ts';

export interface Scraped {
  readonly daemon: string;
  /** Of one container. */
  readonly container: string;
}

const APP = 'orders';

/** Shards are placed, moved, failed and lost; then both are scraped. */
export async function scrapeAll(dataDir: string): Promise<Scraped> {
  const site = await Site.of({dataDir});
  const containers: Container[] = [];
  try {
    await site.start();
    await site.createApp(APP, ['s1', 's2']);
    const join = async (id: string, add: () => void): Promise<Container> => {
      const options = {app: APP, id, ttlMs: 3_000, endpoints: [site.endpoint]};
      const container = await joinApp(
        {...options, etcdPrefix: site.prefix, logger: silentLogger},
        {add, drop: () => undefined},
      );
      containers.push(container);
      await container.ready;
      return container;
    };
    const first = await join('c1', () => undefined);
    await site.settled(APP, 'c1');
    await join('c2', () => {
      throw new Error('no disk');
    });
    await pin(site, 's1', 'c2');
    const text = (): Promise<string> => textOf(site);
    await until(
      async () => /sm_moves_total\{[^}]*failed/.test(await text()),
      LONG_MS,
      'a move failed',
    );
    for (const shard of ['s1', 's2']) await pin(site, shard, 'c1');
    await site.settled(APP, 'c1');
    await until(
      async () =>
        /sm_shard_gap_seconds_count[^]*sm_app_shards\{app="orders",state="ready"\} 2\n/.test(
          await text(),
        ),
      LONG_MS,
      'a gap, and both shards ready',
    );
    const container = await first.metrics().metrics();
    return {daemon: await text(), container};
  } finally {
    for (const container of containers) await container.abandon();
    await site.close();
  }
}

async function pin(site: Site, shardId: string, manualContainerId: string): Promise<void> {
  await site.admin.call('updateShard', {service: APP, shardId, manualContainerId});
}

async function textOf({admin}: Site): Promise<string> {
  return (await fetch(`${admin.server}/metrics`)).text();
}
