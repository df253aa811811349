/**
 * A container of `sm dev` as a process of its own. For each of its shards it has an effect now and then, behind the guard, and tells
 * its parent. It lives no longer than its parent: the channel between them closes when either ends, however that came about.
 */
import {SmError, joinApp} from '../container/index.ts';
import type {Container, Shard} from '../container/index.ts';
import type {ContainerReport, GuardPass, JoinOrder, LeaveOrder} from './reports.ts';
import {EFFECTS_EVERY_MS, EFFECTS_PER_ROUND} from './limits.ts';

function send(report: ContainerReport): void {
  if (process.connected) process.send?.(report);
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** One round of effects. The stamp comes before the guard: what passes had the right to act at the stamp. */
class Effects {
  private readonly shards = new Map<string, Shard>();
  private next = 0;

  add(shard: Shard): void {
    this.shards.set(shard.id, shard);
  }

  remove(shard: Shard): void {
    if (this.shards.get(shard.id) === shard) this.shards.delete(shard.id);
  }

  round(): void {
    const shards = [...this.shards.values()];
    const passes: GuardPass[] = [];
    let refusals = 0;
    for (let count = Math.min(shards.length, EFFECTS_PER_ROUND); count > 0; count -= 1) {
      const shard = shards[this.next % shards.length];
      this.next += 1;
      if (shard === undefined) continue;
      const atUs = nowUs();
      try {
        shard.guard();
        passes.push([shard.id, shard.token, atUs]);
      } catch {
        refusals += 1;
      }
    }
    if (passes.length > 0 || refusals > 0) send({type: 'effects', passes, refusals});
  }
}

let joined: Container | undefined;

async function join({options}: JoinOrder): Promise<void> {
  const effects = new Effects();
  const container: Container = await joinApp(options, {
    add: (shard) => effects.add(shard),
    drop: (shard) => effects.remove(shard),
  });
  joined = container;
  setInterval(() => effects.round(), EFFECTS_EVERY_MS);
  container.ready.then(
    () => send({type: 'ready', endpoint: container.endpoint}),
    () => undefined,
  );
  await container.ended;
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: JoinOrder | LeaveOrder) => {
  if (order.type === 'join') begin(order);
  else if (joined === undefined) process.exit(0);
  else void joined.leave();
});

function begin(order: JoinOrder): void {
  join(order).then(
    () => leave('', ''),
    (error: unknown) => leave(String((error as {code?: string}).code ?? error), whyOf(error)),
  );
}

/** Nobody sees it in this process: its output is that of the parent. */
function whyOf(error: unknown): string {
  if (!(error instanceof SmError)) return '';
  return error.hint === undefined ? error.message : `${error.message}; fix: ${error.hint}`;
}

function leave(code: string, why: string): void {
  const report: ContainerReport = {type: 'ended', code, why};
  process.send?.(report, () => process.disconnect());
}
