import {setFlagsFromString} from 'node:v8';
import {HEAP_GROWTH_PERCENT, INLINED_BYTECODE} from './limits.ts';

/**
 * Sets V8 for a daemon; call it once, first of all, in a process of one's own, for it holds for the whole process.
 *
 * The garbage of a burst is collected while it is small: by itself V8 lets a heap that is allocated from quickly grow to four times
 * what is alive before it collects; a daemon of 100,000 shards then took 390 MB for 125 MB of data.
 *
 * Less is compiled into each hot function: a third of the work of a daemon that has just been started, and is given 10,000 shards, was
 * compiling. Once it is warm no difference was seen.
 */
export function tuneEngine(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTECODE}`);
}
