/** What becomes of a process whose words cannot be written. */
import {fstatSync} from 'node:fs';

/** The listener of oclif, which throws, gives way. */
function onOutputFault(listener: (error: NodeJS.ErrnoException) => void): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', listener);
}

/** A command whose result cannot be written has failed; if its reader has gone (`sm ... | head`), nothing is left to say. */
export function endWithOutput(): void {
  onOutputFault((error) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`sm: the result cannot be written: ${error.message}\n`);
    process.exit(1);
  });
}

/**
 * Ends the process when the reader of a pipe has gone, without waiting for the next thing to say; for what only shows and changes nothing.
 * Node cannot ask a pipe for its reader; GNU tail, which follows an empty file here, does. Where it is not, the next line finds out.
 */
export async function endWithReader(): Promise<void> {
  if (!fstatSync(1).isFIFO()) return;
  const {spawn} = await import('node:child_process');
  // It has our end of the pipe, too, which must not outlive us.
  const args = [`--pid=${process.pid}`, '-f', '/dev/null'];
  const tail = spawn('tail', args, {stdio: ['ignore', 'inherit', 'ignore']});
  tail.unref();
  tail.on('error', () => undefined);
  tail.on('exit', () => {
    if (tail.signalCode === 'SIGPIPE') process.exit();
  });
  process.once('exit', () => tail.kill());
}

/** Words for people that cannot be written are lost; what is done, and the exit code, stay as they are. */
export function outliveErrorOutput(): void {
  process.stderr.removeAllListeners('error');
  process.stderr.on('error', () => undefined);
}
