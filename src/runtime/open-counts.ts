/** How many of something are open: at all, and of each caller. */
export class OpenCounts {
  #all = 0;
  readonly #byCaller = new Map<string, number>();

  get all(): number {
    return this.#all;
  }

  of(caller: string): number {
    return this.#byCaller.get(caller) ?? 0;
  }

  /** One more is open, until what this returns is called, once. */
  begin(caller: string): () => void {
    this.#all += 1;
    this.#byCaller.set(caller, this.of(caller) + 1);
    return () => {
      this.#all -= 1;
      const left = this.of(caller) - 1;
      if (left > 0) this.#byCaller.set(caller, left);
      else this.#byCaller.delete(caller);
    };
  }
}
