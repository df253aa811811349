/** A demo container that gives up the first time, as one that a starved store does not answer; the second time it serves a shard. */
import {existsSync, writeFileSync} from 'node:fs';
import type {ContainerReport, JoinOrder} from '../../src/dev/reports.ts';

// Listening keeps it alive.
process.on('message', ({options}: JoinOrder) => {
  const mark = options.endpoints[0] ?? '';
  if (existsSync(mark)) {
    const effects: ContainerReport = {type: 'effects', passes: [['s1', '1', 1]], refusals: 0};
    process.send?.(effects);
    return;
  }
  writeFileSync(mark, '');
  const ended: ContainerReport = {
    ...{type: 'ended', code: 'STORE_UNAVAILABLE', why: 'etcd does not answer'},
  };
  process.send?.(ended, () => process.exit(0));
});
