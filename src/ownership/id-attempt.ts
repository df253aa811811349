/** One try to take the container id: whether it is under way, when the next is due, and the id key as last seen. */
export interface IdAttempt {
  inFlight: boolean;
  /** Owner-clock ms. */
  atMs: number;
  /** Mod revision of the id key; 0: it was absent. */
  idMod: number;
  /** Incarnation in the id key; '': none. */
  holder: string;
}

export function freshIdAttempt(): IdAttempt {
  return {inFlight: false, atMs: Number.NEGATIVE_INFINITY, idMod: 0, holder: ''};
}
