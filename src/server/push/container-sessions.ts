/** The sessions of each container, and which of them may have its id. Passive. */

export interface IdClaimant {
  readonly container: string;
  readonly create: number;
  /** It still waits for its id. */
  readonly waiting: boolean;
  /** It has sent a heartbeat that could be read. */
  readonly readable: boolean;
}

/** The lowest create revisions of those that do not wait. */
interface Oldest<T> {
  readonly any: T | undefined;
  readonly readable: T | undefined;
}

interface Group<T> {
  readonly sessions: Set<T>;
  /** Sought once for all that ask: of one container, too, anybody may write any number of sessions. Undefined: to be sought anew. */
  oldest: Oldest<T> | undefined;
}

export class ContainerSessions<T extends IdClaimant> {
  private readonly groups = new Map<string, Group<T>>();

  has(container: string): boolean {
    return this.groups.has(container);
  }

  add(session: T): void {
    const group = this.groups.get(session.container);
    if (group === undefined)
      this.groups.set(session.container, {sessions: new Set([session]), oldest: undefined});
    else group.sessions.add(session);
    this.changed(session);
  }

  delete(session: T): void {
    const group = this.groups.get(session.container);
    group?.sessions.delete(session);
    if (group?.sessions.size === 0) this.groups.delete(session.container);
    this.changed(session);
  }

  /** Call when `waiting` or `readable` of the session has changed. */
  changed({container}: T): void {
    const group = this.groups.get(container);
    if (group !== undefined) group.oldest = undefined;
  }

  oldest(container: string): Oldest<T> {
    const group = this.groups.get(container);
    if (group === undefined) return {any: undefined, readable: undefined};
    group.oldest ??= oldestOf(group.sessions);
    return group.oldest;
  }
}

function oldestOf<T extends IdClaimant>(sessions: Iterable<T>): Oldest<T> {
  let any: T | undefined;
  let readable: T | undefined;
  for (const one of sessions) {
    if (one.waiting) continue;
    if (any === undefined || one.create < any.create) any = one;
    if (one.readable && (readable === undefined || one.create < readable.create)) readable = one;
  }
  return {any, readable};
}
