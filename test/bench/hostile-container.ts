/** A container of the hostile mix: `tsx hostile-container.ts OPTIONS-AS-JSON`. One JSON line when it is ready, then for each add, each drop and its own end; `quiet`: no more after the first. */
import {joinApp} from '../../src/container/index.ts';
import type {JoinOptions} from '../../src/container/index.ts';

const {quiet = false, ...options} = JSON.parse(process.argv[2] ?? '{}') as JoinOptions & {
  quiet?: boolean;
};
const tell = (event: object): void => {
  if (quiet) return;
  process.stdout.write(`${JSON.stringify({...event, atMs: Date.now()})}\n`);
};
const container = await joinApp(
  {...options, signals: true},
  {
    add: (shard) => tell({event: 'add', shard: shard.id}),
    drop: (shard, reason) => tell({event: 'drop', shard: shard.id, reason}),
  },
);
await container.ready;
process.stdout.write('{"event": "ready"}\n');
await container.ended.catch((error: unknown) => tell({event: 'ended', error: String(error)}));
