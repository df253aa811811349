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

/** Words for people that cannot be written are lost; what is done, and the exit code, stay as they are. */
export function outliveErrorOutput(): void {
  process.stderr.removeAllListeners('error');
  process.stderr.on('error', () => undefined);
}
