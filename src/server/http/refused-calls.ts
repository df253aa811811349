/** Calls that were refused: counted by caller, and reported as counts. One entry for each would be a way to fill the log and the audit. */
import type {FastifyRequest} from 'fastify';
import type {ErrorCode} from '../../model/errors.ts';
import type {HttpLogger, RefusedCount} from './dependencies.ts';
import {REFUSALS_REPORT_INTERVAL_MS, REFUSED_CALLERS_LIMIT} from './limits.ts';

const REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
]);

export class RefusedCalls {
  readonly #logger: HttpLogger;
  readonly #report: ((counts: readonly RefusedCount[]) => void) | undefined;
  readonly #counts = new Map<string, RefusedCount>();
  #timer: NodeJS.Timeout | undefined;

  /** `report` gets the counts once a minute at most, and none that are empty. */
  constructor(logger: HttpLogger, report?: (counts: readonly RefusedCount[]) => void) {
    this.#logger = logger;
    this.#report = report;
  }

  /** Other failures than refusals are not counted. */
  note(request: FastifyRequest, name: string, {code}: {readonly code: string}): void {
    if (!REFUSALS.has(code)) return;
    const who = code === 'UNAUTHENTICATED' ? '' : name;
    const key = JSON.stringify([who, request.ip, code]);
    const known = this.#counts.has(key) || this.#counts.size < REFUSED_CALLERS_LIMIT;
    const [at, counted] = known
      ? [key, {who, from: request.ip, code}]
      : ['others', {who: '', from: 'others', code: 'FORBIDDEN'}];
    const before = this.#counts.get(at)?.count ?? 0;
    this.#counts.set(at, {...counted, count: before + 1});
    if (known && before === 0)
      this.#logger.warn({...counted, path: request.routeOptions.url ?? ''}, 'a call was refused');
    this.#timer ??= setTimeout(() => this.flush(), REFUSALS_REPORT_INTERVAL_MS).unref();
  }

  /** Tells what was counted. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    if (counts.length === 0) return;
    for (const counted of counts)
      if (counted.count > 1) this.#logger.warn(counted, 'calls were refused');
    this.#report?.(counts);
  }
}
