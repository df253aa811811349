/** What becomes of a process whose words cannot be written. */
import {writeFileSync} from 'node:fs';
import {descriptorStats} from '../runtime/stats.ts';
import {reportFailure} from './failure-report.ts';
import {unwritable} from './text-output.ts';

/** The listener of oclif, which throws, gives way. */
function onOutputFault(listener: (error: NodeJS.ErrnoException) => void): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', listener);
}

/** A command whose result cannot be written has failed; if its reader has gone (`sm ... | head`), nothing is left to say. */
export function endWithOutput(): void {
  writeWhole();
  onOutputFault((error) => {
    if (error.code === 'EPIPE') process.exit();
    const fault = unwritable('stdout', error, 'what the command has changed stays changed');
    process.exit(reportFailure(fault, false));
  });
}

/** If a nearly full disk takes only a part of a text, Node writes that part to the file and reports success: the rest would be lost without a word. */
function writeWhole(): void {
  if (!isFile(1)) return;
  process.stdout._write = (chunk: Buffer, _encoding, done): void => {
    try {
      writeFileSync(1, chunk);
    } catch (error) {
      return done(error as Error);
    }
    done();
  };
}

/** Resolves once stdout has taken the text. Where it cannot be written the process ends: nothing after it may say that all went well. */
export function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => {
      if (error === undefined || error === null) resolve();
    });
  });
}

function isFile(descriptor: number): boolean {
  try {
    return descriptorStats(descriptor).isFile();
  } catch {
    return false;
  }
}

/**
 * Ends the process when the reader of a pipe has gone, without waiting for the next thing to say; for what only shows and changes nothing.
 * Node cannot ask a pipe for its reader; GNU tail, which follows an empty file here, does. Where it is not, the next line finds out.
 */
export async function endWithReader(): Promise<void> {
  if (!descriptorStats(1).isFIFO()) return;
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
