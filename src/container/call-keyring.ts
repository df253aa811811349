/** The keys of an app as one of its containers knows them, and whether calls without a signature are still taken. */
import {decodeCallKeys} from '../protocol/call-keys.ts';
import type {CallKey} from '../protocol/call-signature.ts';
import {KEYS_REREAD_MS, UNSIGNED_AFTER_MS} from './limits.ts';

export interface KeyringOptions {
  /** Value of the keys in the store as it was found at first; undefined: there was none. */
  readonly value: string | undefined;
  /** Reads it again. Rejects with SmError. */
  readonly read: () => Promise<string | undefined>;
  /** Never take a call without a signature. */
  readonly requireSigned: boolean;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export class CallKeyring {
  private readonly options: KeyringOptions;
  private keys: readonly CallKey[];
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private signedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: KeyringOptions) {
    this.options = options;
    this.keys = decodeCallKeys(options.value);
  }

  /** A daemon of the app can sign. */
  get hasKeys(): boolean {
    return this.keys.length > 0;
  }

  /** The key of this id; reads the store for one that is not known, at most once in KEYS_REREAD_MS however many ask. */
  async find(id: string): Promise<CallKey | undefined> {
    const known = this.known(id);
    if (known !== undefined) return known;
    const {nowMs} = this.options;
    if (this.reading === undefined && nowMs() - this.readAtMs >= KEYS_REREAD_MS) {
      this.readAtMs = nowMs();
      this.reading = this.reread();
    }
    await this.reading;
    return this.known(id);
  }

  known(id: string): CallKey | undefined {
    return this.keys.find((key) => key.id === id);
  }

  /** A call was signed as it must be. */
  noteSigned(): void {
    this.signedAtMs = this.options.nowMs();
  }

  /** Hints without a signature: only of a daemon of before, that is, while none has signed lately. */
  get takesUnsignedHints(): boolean {
    const {requireSigned, nowMs} = this.options;
    return !requireSigned && nowMs() - this.signedAtMs > UNSIGNED_AFTER_MS;
  }

  /** Holdings are shown to whoever asks only while nobody could sign. */
  get showsToAnybody(): boolean {
    return !this.options.requireSigned && !this.hasKeys;
  }

  private async reread(): Promise<void> {
    try {
      const keys = decodeCallKeys(await this.options.read());
      if (keys.length > 0) this.keys = keys;
    } catch {
      // What is known stays.
    } finally {
      this.reading = undefined;
    }
  }
}
