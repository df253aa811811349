/** What a stream says of its store: who hears nothing of an app must be able to tell quiet from an outage. */
import type {StoreWord} from '../../../protocol/admin.ts';
import type {StoreProbe} from './live/store-probe.ts';
import type {FeedSource} from './watch-feed.ts';

/** What streams share. */
export interface StreamSources {
  readonly store?: FeedSource<object>['store'];
  readonly probe?: StoreProbe;
}

export function storeWords(
  probe: StoreProbe | undefined,
  wallMs: () => number,
): FeedSource<StoreWord>['besides'] {
  if (probe === undefined) return undefined;
  return (say) => {
    let since = '';
    return probe.follow(({store: {ok, since: from, reason}}) => {
      since = from || since;
      const word = {at: new Date(wallMs()).toISOString(), ok, since, reason};
      say((revision) => ({type: 'store', revision, ...word}));
    });
  };
}
