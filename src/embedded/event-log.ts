/** Every change since the last compaction, in order. Watchers read it; it is the only copy of what they have not been sent yet. */
import {EVENT_LOG_SLACK} from './limits.ts';

/** What a key was from one revision on. */
export interface Version {
  readonly key: string;
  readonly value: string;
  /** Decimal; '0' = none. */
  readonly lease: string;
  /** 0 in a deletion. */
  readonly createRevision: number;
  readonly modRevision: number;
  /** Changes since creation; 0 in a deletion. */
  readonly version: number;
  /** The key's state before, down to the oldest that compaction has left. */
  previous: Version | undefined;
}

export class EventLog {
  private entries: Version[] = [];
  private start = 0;

  append(version: Version): void {
    this.entries.push(version);
  }

  /** Position of the first event at or after a revision, to be used at once with `at`. */
  seek(revision: number): number {
    let low = this.start;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as Version).modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low - this.start;
  }

  at(position: number): Version | undefined {
    return this.entries[this.start + position];
  }

  /** Takes the oldest event off when it is before the revision. */
  shiftBefore(revision: number): Version | undefined {
    const oldest = this.entries[this.start];
    if (oldest === undefined || oldest.modRevision >= revision) return undefined;
    this.start += 1;
    if (this.start > EVENT_LOG_SLACK && this.start * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
    return oldest;
  }
}
