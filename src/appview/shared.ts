/** Things that are expensive to open and are shared by whoever needs them: open while they have users, and a while longer. */

export interface Shared<T> {
  readonly key: string;
  readonly value: Promise<T>;
  readonly close: () => void;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

export class SharedMap<T> {
  private readonly lingerMs: number;
  private readonly all = new Map<string, Shared<T>>();

  /** What nobody uses is kept for so long, ms, for whoever comes back. */
  constructor(lingerMs: number) {
    this.lingerMs = lingerMs;
  }

  get size(): number {
    return this.all.size;
  }

  has(key: string): boolean {
    return this.all.has(key);
  }

  /** Opens it unless it is open. What cannot be opened is forgotten at once. @throws what opening throws. */
  async acquire(
    key: string,
    open: () => {value: Promise<T>; close: () => void},
  ): Promise<Shared<T>> {
    let shared = this.all.get(key);
    if (shared === undefined) {
      shared = {key, ...open(), users: 0, timer: undefined};
      this.all.set(key, shared);
    }
    this.keep(shared);
    try {
      await shared.value;
      return shared;
    } catch (error) {
      this.drop(shared);
      throw error;
    }
  }

  keep(shared: Shared<T>): void {
    clearTimeout(shared.timer);
    shared.users++;
  }

  release(shared: Shared<T>): void {
    shared.users--;
    if (shared.users > 0) return;
    shared.timer = setTimeout(() => this.drop(shared), this.lingerMs);
    // Nobody waits for it: it must not keep a process from ending.
    shared.timer.unref();
  }

  /** As `release`; without users it ends at once. */
  retire(shared: Shared<T>): void {
    this.release(shared);
    if (shared.users <= 0) this.drop(shared);
  }

  /** Whoever comes next gets a new one; this one ends with its users. */
  forget(shared: Shared<T>): void {
    if (this.all.get(shared.key) === shared) this.all.delete(shared.key);
  }

  /** Ends it now if nobody uses it. */
  dropUnused(key: string): void {
    const shared = this.all.get(key);
    if (shared !== undefined && shared.users <= 0) this.drop(shared);
  }

  /** Ends the oldest of those that nobody uses. False: all are used. */
  dropOneUnused(): boolean {
    for (const shared of this.all.values()) {
      if (shared.users > 0) continue;
      this.drop(shared);
      return true;
    }
    return false;
  }

  closeAll(): void {
    for (const shared of [...this.all.values()]) this.drop(shared);
  }

  private drop(shared: Shared<T>): void {
    clearTimeout(shared.timer);
    const isOpen = this.all.get(shared.key) === shared;
    this.forget(shared);
    if (isOpen || shared.users <= 0) shared.close();
  }
}
