/** An app that its governor in this process keeps current: readers use the governor's view, so that the app is not listed and watched twice. */
import type {AppView} from '../appstate/app-view.ts';
import type {AppChange} from '../model/change.ts';
import type {ListAndWatch, ListAndWatchSink} from './list-and-watch.ts';

/** Whoever reads a view that is kept. It must not change the view. */
export interface KeptAppReader {
  /** Changes that a watch has brought, once they are in the view. */
  changed(changes: readonly AppChange[]): void;
  /** A complete listing is in the view. */
  listed(): void;
  /** The view is not kept current any more. */
  ended(): void;
}

export class KeptApp {
  readonly view: AppView;
  private readonly source: () => Pick<ListAndWatch<AppChange>, 'complete' | 'untilComplete'>;
  private readonly readers = new Set<KeptAppReader>();
  private hasEnded = false;

  /** `source`: what keeps the view current, by a sink that is made by `noting`. */
  constructor(view: AppView, source: KeptApp['source']) {
    this.view = view;
    this.source = source;
  }

  /** As `ListAndWatch.complete`. */
  get complete(): number {
    return this.source().complete;
  }

  /** As `ListAndWatch.untilComplete`. */
  untilComplete(revision: number, limitMs: number): Promise<boolean> {
    return this.source().untilComplete(revision, limitMs);
  }

  /** The reader hears of all that happens, until what this returns is called. */
  read(reader: KeptAppReader): () => void {
    if (this.hasEnded) reader.ended();
    else this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  /** The sink, which takes all into the view; readers hear of it afterwards. */
  noting(sink: ListAndWatchSink<AppChange>): ListAndWatchSink<AppChange> {
    return {
      ...sink,
      listed: (changes, revision, anew) => {
        const step = sink.listed(changes, revision, anew);
        return () => {
          if (step?.() === false) return false;
          for (const reader of this.readers) reader.listed();
          return true;
        };
      },
      changed: (changes) => {
        sink.changed(changes);
        for (const reader of this.readers) reader.changed(changes);
      },
    };
  }

  /** Nobody keeps the view current from now on. */
  end(): void {
    this.hasEnded = true;
    for (const reader of [...this.readers]) reader.ended();
    this.readers.clear();
  }
}
