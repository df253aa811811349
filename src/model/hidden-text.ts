/** A secret in memory: a password, a token, a key. Whatever prints it, prints ***; only `reveal` gives the text. */
export class HiddenText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: for who sends, compares or hashes it, and nobody else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  /** What console.log and util.inspect show, at any depth. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/** What stands in its place. */
export const HIDDEN = '***';

/** The text, where callers may give it as it is. */
export function revealed(secret: string | HiddenText): string {
  return typeof secret === 'string' ? secret : secret.reveal();
}

/** The secret as one that is not printed. */
export function hidden(secret: string | HiddenText): HiddenText {
  return typeof secret === 'string' ? new HiddenText(secret) : secret;
}
