/** Loaded into a daemon before its program: `take` by IPC answers with what its main thread still needs, MB, after a full collection, and how much of that is compiled code. */
import {getHeapCodeStatistics, setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');
const MEBIBYTE = 1024 ** 2;
const collect = runInNewContext('gc');

process.on('message', (message) => {
  if (message !== 'take') return;
  collect();
  const {heapUsed, external} = process.memoryUsage();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  process.send({heapMb: (heapUsed + external) / MEBIBYTE, codeMb: codeBytes / MEBIBYTE});
});
process.channel?.unref();
