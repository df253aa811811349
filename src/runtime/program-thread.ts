/** Programs of this package that run in threads of their own, in the form that this file has itself: built or source. */
import {Worker} from 'node:worker_threads';
import type {WorkerOptions} from 'node:worker_threads';

const IS_SOURCE = import.meta.url.endsWith('.ts');

/** `program`: its path below the root of the sources, without an ending; what is built has the same paths, and lies in folders one below the root. */
export function beginProgram(program: string, options: WorkerOptions = {}): Worker {
  const url = new URL(`../${program}${IS_SOURCE ? '.ts' : '.js'}`, import.meta.url);
  return new Worker(IS_SOURCE ? fromSource(url.href) : url, {
    eval: IS_SOURCE,
    // What the process was started with is not for its threads.
    execArgv: [],
    ...options,
  });
}

/** Threads of Node 20 do not take over how their process reads TypeScript. */
function fromSource(program: string): string {
  return `import('tsx/esm/api').then(({register}) => {
  register();
  return import(${JSON.stringify(program)});
});`;
}
