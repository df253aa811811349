/** Loaded into a daemon before its program: `take` by IPC answers with what its main thread still needs, MB, after a full collection. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('message', (message) => {
  if (message !== 'take') return;
  collect();
  const {heapUsed, external} = process.memoryUsage();
  process.send({heapMb: (heapUsed + external) / 2 ** 20});
});
process.channel?.unref();
