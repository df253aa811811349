/** Prints where a linked package is found after the stats of stdout were read. The package `warm` makes the links on the way known. */
import {descriptorStats} from '../../src/runtime/stats.ts';

await import('warm' as string);
const isPipe = descriptorStats(1).isFIFO();
console.log(isPipe, import.meta.resolve('thing'));
