/** Which apps there were by all that this daemon has seen, so that somebody can say which ones a restored or replaced etcd lacks. */
export class SeenApps {
  private names: ReadonlySet<string> = new Set();
  private revision = 0;

  /** All apps that have a record at this revision. A revision that goes back is another history: what it lacks is what is asked for. */
  listed(names: readonly string[], revision: number): void {
    if (revision < this.revision) return;
    this.revision = revision;
    this.names = new Set(names);
  }

  /** Apps that are known otherwise, besides. */
  note(names: readonly string[]): void {
    this.names = new Set([...this.names, ...names]);
  }

  /** Another history begins. */
  forget(): void {
    this.names = new Set();
    this.revision = 0;
  }

  get all(): readonly string[] {
    return [...this.names].sort();
  }
}
