/**
 * What an application writes to: it checks fencing tokens, as a database with a guarded update would. Effects may arrive long after their
 * guard, so that those of older owners come in between those of newer ones; who was the newer owner is known from the claims.
 */
import type {Random} from './random.ts';
import type {World} from './world.ts';

/** One right to act: the claim it rests on, counted from the shard's first one, and the token that was given out for it. */
export interface Claimed {
  readonly key: string;
  readonly claim: number;
  readonly token: string;
  /** Two processes have the incarnation: which of them has made its last claim is not known. */
  readonly isForked: boolean;
}

/** Of the effects that are not at once at the resource. */
const LATE_SHARE = 0.3;

export class TokenResource {
  applied = 0;
  refused = 0;
  private readonly world: World;
  private readonly random: Random;
  private readonly longestDelayMs: number;
  private readonly broken: (text: string) => void;
  private readonly tokens = new Map<string, string>();
  private readonly newestApplied = new Map<string, Claimed>();
  private readonly claims = new Map<string, number>();
  private readonly claimBy = new Map<string, number>();

  constructor(
    world: World,
    random: Random,
    longestDelayMs: number,
    broken: (text: string) => void,
  ) {
    this.world = world;
    this.random = random;
    this.longestDelayMs = longestDelayMs;
    this.broken = broken;
  }

  /** The store has committed a claim. */
  claimed(key: string, incarnation: string): void {
    const claim = (this.claims.get(key) ?? 0) + 1;
    this.claims.set(key, claim);
    this.claimBy.set(`${key} ${incarnation}`, claim);
  }

  /** The claim that an incarnation's right to act rests on now. */
  claimOf(key: string, incarnation: string): number {
    return this.claimBy.get(`${key} ${incarnation}`) ?? 0;
  }

  /** A new owner puts its token down before it loads. */
  take(owner: Claimed): void {
    this.arrive(owner);
  }

  /** An effect has passed its guard and is on its way. */
  send(owner: Claimed): void {
    const {random, world} = this;
    const delayMs = world.choices.value(
      () => `effect on ${owner.key} after ms`,
      () => 0.5,
      () => (random.chance(LATE_SHARE) ? random.next() * this.longestDelayMs : random.next()),
    );
    world.after(delayMs, () => this.arrive(owner));
  }

  private arrive(owner: Claimed): void {
    const {key, claim, token, isForked} = owner;
    if (token < (this.tokens.get(key) ?? '')) {
      this.refused += 1;
      // The other copy may have claimed the shard anew: this one is refused until it finds out.
      if (claim === this.claims.get(key) && !isForked)
        this.broken(`${key}: the newest owner is refused with ${token}`);
      return;
    }
    this.tokens.set(key, token);
    this.applied += 1;
    const newest = this.newestApplied.get(key);
    // Of a copy only the token is known: it may act by an older claim than the last one of its incarnation.
    if (newest !== undefined && claim < newest.claim && !newest.isForked)
      this.broken(
        `${key}: an effect of claim ${claim} with ${token} is applied after one of claim ${newest.claim}`,
      );
    this.newestApplied.set(key, owner);
  }
}
