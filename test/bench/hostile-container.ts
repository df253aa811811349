/** A container of the hostile mix: `tsx hostile-container.ts OPTIONS-AS-JSON`. One JSON line for each end of a shard or of itself that nobody asked for, and for each add. */
import {joinApp} from '../../src/container/index.ts';
import type {JoinOptions} from '../../src/container/index.ts';

const {quiet = false, ...options} = JSON.parse(process.argv[2] ?? '{}') as JoinOptions & {
  quiet?: boolean;
};
const tell = (event: object): void => {
  if (!quiet) process.stdout.write(`${JSON.stringify(event)}\n`);
};
const container = await joinApp(
  {...options, signals: true},
  {
    add: (shard) => tell({event: 'add', shard: shard.id}),
    drop: (shard, reason) => tell({event: 'drop', shard: shard.id, reason}),
  },
);
await container.ready;
tell({event: 'ready'});
await container.ended.catch((error: unknown) => tell({event: 'ended', error: String(error)}));
