/**
 * One OriginContainer as a process. `argv[2]`: JSON of its options and of the log that it appends to, one line each time that the application
 * was told something: op, time, shard. It takes another behaviour by message, leaves on SIGTERM, and ends when its session does.
 */
import {appendFileSync} from 'node:fs';
import {OriginContainer} from '../integration/origin-container.ts';
import {nowMs} from './now.ts';
import type {Behaviour, OriginContainerOptions} from '../integration/origin-container.ts';

const {log, ...options} = JSON.parse(process.argv[2] ?? '{}') as OriginContainerOptions & {
  readonly log: string;
};
const container = new OriginContainer({
  ...options,
  // Written at once: a SIGKILL must lose nothing.
  onHookCall: ({op, shard, atMs}) => appendFileSync(log, `${op} ${atMs} ${shard}\n`),
  onStep: (step) => appendFileSync(log, `# ${nowMs()} ${step}\n`),
  onEnd: () => process.exit(3),
});
process.on('message', (behaviour: Behaviour) => (container.behaviour = behaviour));
process.on('disconnect', () => process.exit(4));
process.on('SIGTERM', () => void container.leave().then(() => process.exit(0)));
process.on('uncaughtException', (error) => {
  console.error(error);
  process.exit(5);
});
await container.start();
process.send?.('started');
