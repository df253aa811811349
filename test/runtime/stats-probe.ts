/** Prints where a linked package is found after a pipe was looked at: stdout, or what is named as a file. The package `warm` makes the links on the way known. */
import {readNamedInput} from '../../src/cli/text-input.ts';
import {descriptorStats} from '../../src/runtime/stats.ts';

const [file] = process.argv.slice(2);
await import('warm' as string);
const seen = file === undefined ? descriptorStats(1).isFIFO() : await readNamedInput(file);
console.log(seen, import.meta.resolve('thing'));
