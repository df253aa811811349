/** What becomes of a process whose words cannot be written. */

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

/** For a daemon: a full disk for its log is no reason to govern nothing. */
export function outliveOutput(): void {
  onOutputFault((error) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`sm: going on without a log, it cannot be written: ${error.message}\n`);
  });
}
