/** A complete listing of one app or of all while it is taken in, part by part. */
import type {ParsedKey} from '../etcd/keys.ts';
import type {AppNews, News} from './app-news.ts';
import {AppRecords} from './app-records.ts';
import type {RecordsListing} from './app-records.ts';
import {ENTRIES_BETWEEN_LOOKS} from './limits.ts';

export class ScopeListing {
  /** By app; new ones are added. */
  readonly records: Map<string, AppRecords>;
  private readonly takeShared: (news: News) => boolean;
  private readonly listings = new Map<string, RecordsListing>();

  /** `scope`: the app; undefined for all. `takeShared`: takes what is said of no app; true when it was that. */
  constructor(
    records: Map<string, AppRecords>,
    scope: string | undefined,
    takeShared: (news: News) => boolean,
  ) {
    this.records = records;
    this.takeShared = takeShared;
    for (const app of records.keys()) this.of(app);
    if (scope !== undefined) this.of(scope);
  }

  /** Whether the key is known at that revision. */
  isKnown(parsed: ParsedKey, mod: number): boolean {
    if (parsed.kind === 'ownership')
      return this.listings.get(parsed.app)?.isKnown('own', parsed.shard, mod) === true;
    if (parsed.kind !== 'shardSpec') return false;
    return this.listings.get(parsed.app)?.isKnown('shard', parsed.shard, mod) === true;
  }

  /** Takes in all news of the listing, and that what it has not shown is gone. Others may run after each part. */
  *taken(all: Iterable<News>, revision: number): Generator<undefined, undefined> {
    const nowMs = performance.now();
    let count = 0;
    for (const news of all) {
      if (!this.takeShared(news)) this.of((news as AppNews).app).take(news as AppNews, nowMs);
      count += 1;
      if (count % ENTRIES_BETWEEN_LOOKS === 0) yield undefined;
    }
    for (const listing of this.listings.values()) {
      for (const gone of listing.missing(revision)) {
        if (gone !== undefined) listing.takeMissing(gone, nowMs);
        count += 1;
        if (gone === undefined || count % ENTRIES_BETWEEN_LOOKS === 0) yield undefined;
      }
      listing.finish();
    }
  }

  private of(app: string): RecordsListing {
    const known = this.listings.get(app);
    if (known !== undefined) return known;
    const records = this.records.get(app) ?? new AppRecords(app);
    this.records.set(app, records);
    const listing = records.beginListing();
    this.listings.set(app, listing);
    return listing;
  }
}
