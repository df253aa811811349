const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** A signal, a closed terminal, or the end of the time. A second signal, of whichever kind, ends the process at once; its children follow. */
export function untilEnd(limitMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const begin = (): void => {
      for (const [signal] of SIGNALS) process.removeListener(signal, begin);
      for (const [signal, exit] of SIGNALS) process.once(signal, () => process.exit(exit));
      resolve();
    };
    for (const [signal] of SIGNALS) process.on(signal, begin);
    if (limitMs !== undefined) setTimeout(resolve, limitMs).unref();
  });
}
