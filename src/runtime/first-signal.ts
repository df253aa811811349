/** Calls back at the first of these signals. The next one, of whichever kind, is for who listens by then; where nobody does, Node ends the process. Returns what stops listening. */
export function onFirstSignal(signals: readonly NodeJS.Signals[], begin: () => void): () => void {
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, first);
  };
  const first = (): void => {
    stop();
    begin();
  };
  for (const signal of signals) process.on(signal, first);
  return stop;
}
