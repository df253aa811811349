/** A program that is stopped (Ctrl-Z, SIGTSTP) gives the terminal back first, and takes it again when it goes on. */

export interface StoppableTerminal {
  /** The terminal as it was before; called before the process stops. */
  readonly giveBack: () => void;
  /** The process goes on: another program may have changed everything about the terminal. */
  readonly takeAgain: () => void;
}

/** Until the function that is returned is called. */
export function hearStops({giveBack, takeAgain}: StoppableTerminal): () => void {
  let listens = true;
  const stop = (): void => {
    unlisten();
    giveBack();
    // Nobody hears the signal any more, so it stops the process, here and now.
    process.kill(process.pid, 'SIGTSTP');
    // Later, or at once where there is nobody to bring it back, as in a terminal that has no shell: then the kernel stops nothing.
    setImmediate(() => {
      if (!listens) return;
      takeAgain();
      listen();
    });
  };
  const listen = (): void => {
    process.on('SIGTSTP', stop);
    // After SIGSTOP, which nobody hears.
    process.on('SIGCONT', takeAgain);
  };
  const unlisten = (): void => {
    process.removeListener('SIGTSTP', stop);
    process.removeListener('SIGCONT', takeAgain);
  };
  listen();
  return () => {
    listens = false;
    unlisten();
  };
}

/** What Ctrl-Z does in a terminal that is not raw: it stops all processes of the job, so that the shell notices. */
export function stopJob(): void {
  process.kill(0, 'SIGTSTP');
}
