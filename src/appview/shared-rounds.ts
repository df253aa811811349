/** What many want at the same time, made once for all who ask before it begins: it is as new as each of them may want. One after the other of each kind. */
export class SharedRounds<T> {
  /** By kind: ends with the last round that somebody has asked for. */
  private readonly ends = new Map<string, Promise<unknown>>();
  /** By kind: the round that has not begun yet. */
  private readonly waiting = new Map<string, Promise<T>>();

  /** What the next round of the kind makes. All who share a round share what it throws. */
  next(kind: string, make: () => Promise<T>): Promise<T> {
    const joined = this.waiting.get(kind);
    if (joined !== undefined) return joined;
    const made = this.begin(kind, make);
    const end: Promise<void> = made.then(
      () => this.ended(kind, end),
      () => this.ended(kind, end),
    );
    this.waiting.set(kind, made);
    this.ends.set(kind, end);
    return made;
  }

  private async begin(kind: string, make: () => Promise<T>): Promise<T> {
    await this.ends.get(kind);
    this.waiting.delete(kind);
    return make();
  }

  private ended(kind: string, end: Promise<unknown>): void {
    if (this.ends.get(kind) === end) this.ends.delete(kind);
  }
}
