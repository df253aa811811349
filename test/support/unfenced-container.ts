/**
 * A container of `sm dev` that breaks the rules: its effects ask no guard and go on whatever happens to its shards, as of an
 * application that ignores its fence. The judge must find it out.
 */
import {joinApp} from '../../src/container/index.ts';
import type {GuardPass, JoinOrder} from '../../src/dev/reports.ts';
import {STANDING_MS} from '../../src/dev/limits.ts';

const EFFECTS_EVERY_MS = 20;

process.on('disconnect', () => process.exit(0));
process.once('message', (order: JoinOrder) => {
  const tokens = new Map<string, string>();
  const acting = setInterval(() => {
    const atUs = Number(process.hrtime.bigint() / 1_000n);
    const passes = [...tokens].map(([shard, token]): GuardPass => [shard, token, atUs]);
    process.send?.({type: 'effects', passes, refusals: 0});
  }, EFFECTS_EVERY_MS);
  // The next order is to leave. It does not do that in order, either: its shards stand still until it is gone.
  process.once('message', () => {
    clearInterval(acting);
    setTimeout(() => process.exit(0), 2 * STANDING_MS);
  });
  void joinApp(order.options, {
    add: (shard) => void tokens.set(shard.id, shard.token),
    drop: () => undefined,
  });
});
