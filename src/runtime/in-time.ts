/** The answer, or the fault after so long, ms; whoever answers is not stopped. */
export function inTime<T>(answer: T | Promise<T>, limitMs: number, fault: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(fault)), limitMs);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
