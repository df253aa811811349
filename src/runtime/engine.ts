import {setFlagsFromString} from 'node:v8';

/** A collection begins when the heap has grown by this much over what the last one left alive. */
const HEAP_GROWTH_PERCENT = 100;
/** Bytecode that may be compiled into one function along with it. V8's own limit is 920. */
const INLINED_BYTECODE = 250;

/**
 * Sets V8 for a daemon; call it once, first of all, in a process of one's own, for it holds for the whole process.
 *
 * The garbage of a burst is collected while it is small: by itself V8 lets a heap that is allocated from quickly grow to four times
 * what is alive before it collects; a daemon of 100,000 shards then held 390 MB for 125 MB of data.
 *
 * Less is compiled into each hot function: a third of the work of a daemon that has just been started, and is given 10,000 shards, was
 * compiling. Once it is warm no difference was seen.
 */
export function tuneEngine(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTECODE}`);
}
