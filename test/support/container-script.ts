/**
 * A container as a process of its own, for tests that kill, stop or copy it: `container-script.ts OPTIONS-AS-JSON [works|throws|exits|hangs]`.
 * Each shard has an effect every few ms behind its guard; one JSON line an event goes to stdout. `atMs` is the machine's
 * monotonic clock, which is the same for all processes.
 */
import {joinApp} from '../../src/container/index.ts';
import type {JoinOptions, Shard} from '../../src/container/index.ts';

const EFFECT_EVERY_MS = 10;

function tell(event: string, fields: object): void {
  const atMs = Number(process.hrtime.bigint() / 1_000n) / 1_000;
  process.stdout.write(`${JSON.stringify({event, atMs, ...fields})}\n`);
}

function act(shard: Shard): void {
  try {
    shard.guard();
    tell('effect', {shard: shard.id, token: shard.token});
  } catch {
    tell('refused', {shard: shard.id, token: shard.token});
  }
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as JoinOptions;
  const timers = new Map<Shard, NodeJS.Timeout>();
  const container = await joinApp(
    {...options, signals: true},
    {
      add: (shard) => {
        tell('add', {shard: shard.id, token: shard.token});
        if (process.argv[3] === 'throws') throw new Error('no disk');
        if (process.argv[3] === 'exits') process.exit(1);
        timers.set(
          shard,
          setInterval(() => act(shard), EFFECT_EVERY_MS),
        );
      },
      drop: (shard, reason) => {
        clearInterval(timers.get(shard));
        timers.delete(shard);
        act(shard);
        tell('drop', {shard: shard.id, token: shard.token, reason});
        return process.argv[3] === 'hangs' ? new Promise<void>(() => undefined) : undefined;
      },
    },
  );
  await container.ready;
  tell('ready', {incarnation: container.incarnation});
  await container.ended.then(
    (how) => tell('ended', {code: '', how}),
    (error: {code: string}) => tell('ended', {code: error.code}),
  );
}

await main();
