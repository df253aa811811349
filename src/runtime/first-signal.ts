interface Waiting {
  readonly signals: readonly NodeJS.Signals[];
  readonly begin: () => void;
}

const waiting = new Set<Waiting>();
/** One for all who wait: a process may be a container of a hundred apps, and Node takes more than ten listeners for a leak. */
const listeners = new Map<NodeJS.Signals, () => void>();

/** Calls back at the first of these signals. The next one, of whichever kind, is for who listens by then; where nobody does, Node ends the process. Returns what stops listening. */
export function onFirstSignal(signals: readonly NodeJS.Signals[], begin: () => void): () => void {
  const one = {signals, begin};
  waiting.add(one);
  for (const signal of signals) {
    const listener = listenerOf(signal);
    if (!process.listeners(signal).includes(listener)) process.on(signal, listener);
  }
  return () => forget([one]);
}

function listenerOf(signal: NodeJS.Signals): () => void {
  const listener = listeners.get(signal) ?? ((): void => heard(signal));
  listeners.set(signal, listener);
  return listener;
}

function heard(signal: NodeJS.Signals): void {
  const first = [...waiting].filter(({signals}) => signals.includes(signal));
  forget(first);
  for (const {begin} of first) begin();
}

function forget(gone: readonly Waiting[]): void {
  for (const one of gone) waiting.delete(one);
  for (const [signal, listener] of listeners) {
    const isWanted = [...waiting].some(({signals}) => signals.includes(signal));
    if (!isWanted) process.removeListener(signal, listener);
  }
}
