/** Asking several servers in turn: the next one once one has failed, or also once one is slow; the first answer counts. */

export interface Turns<T> {
  /** In the order in which they are asked. */
  readonly servers: readonly number[];
  /** Must end when the signal aborts: another one has answered. */
  readonly ask: (server: number, ended: AbortSignal) => Promise<T>;
  readonly mayAskAnother: (fault: unknown) => boolean;
  /** Whether the fault is the answer, also where others are being asked. */
  readonly isFinal: (fault: unknown) => boolean;
  /** The next one is asked besides when nothing has come for so long, ms; undefined: never. */
  readonly patienceMs: number | undefined;
  /** Of one that had not answered when another did. */
  readonly onSlow: (server: number) => void;
  /** Of several faults, the one that says most. */
  readonly choose: (faults: readonly unknown[]) => unknown;
}

/** @throws what `choose` gives, once there is nobody left to ask; a final fault at once. */
export function firstAnswer<T>(turns: Turns<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const open = new Map<number, AbortController>();
    const left = [...turns.servers];
    const faults: unknown[] = [];
    let slow: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(slow);
      for (const other of open.values()) other.abort();
      open.clear();
    };
    const failed = (fault: unknown): void => {
      faults.push(fault);
      if (turns.isFinal(fault)) end();
      else if (left.length > 0 && turns.mayAskAnother(fault)) return next();
      if (open.size > 0) return;
      end();
      reject(turns.choose(faults) as Error);
    };
    const answered = (answer: T): void => {
      for (const server of open.keys()) turns.onSlow(server);
      end();
      resolve(answer);
    };
    const next = (): void => {
      clearTimeout(slow);
      const server = left.shift();
      if (server === undefined) return;
      const ended = new AbortController();
      open.set(server, ended);
      if (turns.patienceMs !== undefined) slow = setTimeout(next, turns.patienceMs);
      turns.ask(server, ended.signal).then(
        (answer) => open.delete(server) && answered(answer),
        (fault: unknown) => open.delete(server) && failed(fault),
      );
    };
    next();
  });
}
