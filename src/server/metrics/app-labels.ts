/** Which apps have series of their own. An app that is not governed here any more makes room only when another one needs it. */
import {APPS_LABELLED} from './limits.ts';

/** The label of all apps that have no series of their own. An app of that name shares them. */
export const OTHER_APPS = 'other';

export class AppLabels {
  /** The one that was governed last stands last. */
  private readonly labelled = new Set<string>();
  private readonly most: number;
  private readonly onGone: (app: string) => void;

  /** `onGone`: the series of this app are to be removed. */
  constructor(onGone: (app: string) => void, most = APPS_LABELLED) {
    this.onGone = onGone;
    this.most = most;
  }

  of(app: string): string {
    return this.labelled.has(app) ? app : OTHER_APPS;
  }

  /** The app is governed here from now on; `governed`: all that are. */
  begin(app: string, governed: ReadonlySet<string>): void {
    if (!this.labelled.delete(app) && this.labelled.size >= this.most) {
      const idle = [...this.labelled].find((known) => !governed.has(known));
      if (idle === undefined) return;
      this.labelled.delete(idle);
      this.onGone(idle);
    }
    this.labelled.add(app);
  }
}
