/** Work that is cut into steps, so that it may be done a part at a time. */

/** Takes all steps in a row: the work is short, or nobody waits. Returns what they return. @throws what they throw. */
export function runToEnd<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const {done, value} = steps.next();
    if (done === true) return value;
  }
}
