/** A signal, a closed terminal, or the end of the time. A second signal ends the process at once; its children follow. */
export function untilEnd(limitMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const [signal, exit] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(exit));
        resolve();
      });
    }
    if (limitMs !== undefined) setTimeout(resolve, limitMs).unref();
  });
}
