/** Complete listings on their way into a governor, part by part: one may bring a million changes, and others want to run in between. */
import type {AppView} from '../appstate/app-view.ts';
import type {ListingMarks} from '../appstate/listing-marks.ts';
import type {AppChange} from '../model/change.ts';
import {CHANGES_PER_STEP} from './limits.ts';

export interface ListingTaker {
  /** Takes a change; true when it is news. */
  changed(change: AppChange, nowMs: number): boolean;
  /** All is taken in. `isNews`: something was. `isFirst`: nothing was complete before. */
  listingTaken(isNews: boolean, isFirst: boolean, nowMs: number): void;
}

/** One listing. Call `step` until it answers true: all is taken in. */
export interface ListingIntake {
  step(nowMs: number): boolean;
}

export class Listings {
  /** One has been taken in. */
  isComplete = false;
  private readonly view: AppView;
  private readonly taker: ListingTaker;
  private marks: ListingMarks | undefined;

  constructor(view: AppView, taker: ListingTaker) {
    this.view = view;
    this.taker = taker;
  }

  /** A listing of the app begins: what it shows is asked of `isKnown`, and taken in by `intake`. */
  begin(): void {
    this.marks = this.view.beginListing();
  }

  /** Whether the spec (`shard`) or the record (`own`) of the shard, which the listing shows, is known at that revision. */
  isKnown(kind: 'shard' | 'own', shard: string, mod: number): boolean {
    return this.marks?.isKnown(kind, shard, mod) === true;
  }

  /** The listing that has begun: everything there is at one revision and is not known. What it has not shown is gone. */
  intake(changes: Iterable<AppChange>, revision: number): ListingIntake {
    const marks = this.marks ?? this.view.beginListing();
    const parts = this.parts(changes, marks.missing(revision), marks);
    let isNews = false;
    return {
      step: (nowMs) => {
        for (let count = 0; count < CHANGES_PER_STEP; count += 1) {
          const {value: change, done} = parts.next();
          if (done === true) return this.finish(isNews, nowMs);
          if (change === undefined) return false;
          if (this.taker.changed(change, nowMs)) isNews = true;
        }
        return false;
      },
    };
  }

  /** At once. */
  take(changes: Iterable<AppChange>, revision: number, nowMs: number): void {
    this.begin();
    const intake = this.intake(changes, revision);
    while (!intake.step(nowMs));
  }

  /** A change is marked as shown once it has been taken. */
  private *parts(
    changes: Iterable<AppChange>,
    missing: Iterable<AppChange | undefined>,
    marks: ListingMarks,
  ): Generator<AppChange | undefined, undefined> {
    for (const change of changes) {
      yield change;
      marks.show(change);
    }
    yield* missing;
  }

  private finish(isNews: boolean, nowMs: number): true {
    const isFirst = !this.isComplete;
    this.isComplete = true;
    this.taker.listingTaken(isNews, isFirst, nowMs);
    return true;
  }
}
