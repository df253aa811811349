/** Frees compacted history in small pieces, so that no call waits long behind it. */
import type {Keyspace} from './keyspace.ts';
import {VERSIONS_PER_TURN} from './limits.ts';

export class Sweeper {
  private readonly keys: Keyspace;
  private running: Promise<void> | undefined;
  private holds = 0;
  private resume: (() => void) | undefined;

  constructor(keys: Keyspace) {
    this.keys = keys;
  }

  /** Resolves when all that is compacted now is freed. */
  async sweep(): Promise<void> {
    // A run under way may be past the history that this call is about.
    await this.running;
    this.running ??= this.run().finally(() => (this.running = undefined));
    await this.running;
  }

  /** Nothing is freed until the returned function is called: a snapshot reads history meanwhile. */
  hold(): () => void {
    this.holds += 1;
    return () => {
      this.holds -= 1;
      if (this.holds === 0) this.resume?.();
    };
  }

  private async run(): Promise<void> {
    for (;;) {
      if (this.holds > 0) await new Promise<void>((resolve) => (this.resume = resolve));
      else if (!this.keys.sweep(VERSIONS_PER_TURN)) return;
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
