/** `sm audit`: every revision that the store still keeps, against the laws of src/audit. Only reads. */
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {counted} from '../model/counted.ts';
import {HistoryAudit} from '../audit/history-audit.ts';
import type {AuditSummary} from '../audit/history-audit.ts';
import {HistoryReader, oldestRevision} from '../etcd/history.ts';
import {Keys} from '../etcd/keys.ts';
import type {RawEntry} from '../etcd/raw-keys.ts';
import {SmError} from '../model/errors.ts';
import type {StoreLocation} from './store-location.ts';
import {QUIET_ENOUGH, QUIET_LONGEST, SAY_EVERY} from './limits.ts';

export interface AuditOptions {
  readonly location: StoreLocation;
  /** Default: every app below the prefix. */
  readonly app?: string | undefined;
  /** First revision to check. Default: the one after the oldest that is kept, which is where the audit begins from. */
  readonly since?: number | undefined;
  /** sm's own service name. Default: as the app or the cluster record says. */
  readonly service?: string | undefined;
  /** Called now and then with how far it has come. */
  readonly say?: (text: string) => void;
}

export interface AuditResult extends AuditSummary {
  readonly prefix: string;
  readonly service: string;
  /** '' = every app. */
  readonly app: string;
  /** Revision whose content was taken as it is; what came after was checked. */
  readonly base: number;
  readonly until: number;
  /** Oldest revision that the store keeps: 1 when nothing was ever compacted. */
  readonly oldest: number;
}

/**
 * @throws SmError CONFLICT: --since is compacted, or compaction overtook the reading; INVALID_INPUT; NOT_FOUND: nothing there says
 * which service it is of, or nothing is of the app; STORE_UNAVAILABLE, STORE_AUTH; STORE_CORRUPT: the history does not lead to what the store holds.
 */
export async function auditStore(options: AuditOptions): Promise<AuditResult> {
  const {location, app, say} = options;
  const prefix = location.prefix ?? ETCD_PREFIX_DEFAULT;
  const {revision: until, entries} = await location.keys.list(`${prefix}/app/`);
  const oldest = await oldestRevision(location.keys);
  const base = baseOf(options.since, oldest, until);
  const service = options.service ?? serviceOf(entries, prefix, app);
  const keys = new Keys(prefix, service);
  const audit = new HistoryAudit({keys, app});
  audit.seed(texts(await location.keys.list(`${prefix}/app/`, base)));
  const wanted = new Map(entries.map(({key, mod}) => [key.toString('utf8'), mod]));
  let count = 0;
  let isPast = false;
  const reader = new HistoryReader({
    keys: location.keys,
    prefix: keys.everyAppPrefix(),
    fromRevision: base + 1,
    onRevision: (revision, changes) => {
      if (revision > until) {
        isPast = true;
        return;
      }
      audit.apply(revision, changes);
      count += 1;
      if (count % SAY_EVERY === 0) say?.(`revision ${revision} of ${until}`);
    },
  });
  const missing = (): string | undefined => differenceOf(audit, keys, wanted);
  await reader.read(() => {
    // Revisions come in their order. Where writes never rest nothing else would end the reading.
    if (isPast) return true;
    if (reader.progress < until || reader.quietFor < QUIET_ENOUGH) return false;
    // A busy etcd below 3.4.25 and 3.5.8 may say many times that all was sent before it sends it.
    return reader.quietFor >= QUIET_LONGEST || missing() === undefined;
  });
  const lost = missing();
  if (lost !== undefined) throw notWhole(lost);
  if (app !== undefined && !audit.knowsApp) throw neverThere(app, base);
  return {prefix, service, app: app ?? '', base, until, oldest, ...audit.summary};
}

/** Checked is what comes after the base, so --since REV begins from the revision before. */
function baseOf(since: number | undefined, oldest: number, until: number): number {
  if (since === undefined) return oldest;
  const base = Math.max(1, since - 1);
  if (base > until)
    throw new SmError(
      'INVALID_INPUT',
      `revision ${since} has not been written: etcd is at ${until}`,
      {
        hint: 'pass a revision that etcd has reached, or leave --since out to check everything that it keeps',
      },
    );
  if (base >= oldest) return base;
  throw new SmError('CONFLICT', `revision ${since} is compacted`, {
    hint: `the oldest revision that can be checked is ${oldest + 1}; without --since the audit starts there`,
  });
}

function texts({entries}: {readonly entries: readonly RawEntry[]}) {
  return entries.map(({key, value, mod}) => ({
    key: key.toString('utf8'),
    value: value.toString('utf8'),
    mod,
  }));
}

/** Written at the app's creation; without an app, or for one that is gone: the only one that has a cluster record here. */
function serviceOf(entries: readonly RawEntry[], prefix: string, app: string | undefined): string {
  const root = `${prefix}/app/`;
  const services: string[] = [];
  for (const {key, value} of entries) {
    const parts = key.toString('utf8').slice(root.length).split('/');
    if (parts.length !== 2) continue;
    if (parts[1] === 'governedBy' && parts[0] === app) return value.toString('utf8');
    if (parts[1] === 'cluster') services.push(parts[0] ?? '');
  }
  const [only, ...others] = services;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined)
    throw new SmError('NOT_FOUND', `no daemon has ever written below ${prefix}`, {
      hint: 'pass --etcd-prefix as in the configuration of the daemons',
    });
  throw new SmError('INVALID_INPUT', `several services share ${prefix}: ${services.join(', ')}`, {
    hint: 'name one with --service',
  });
}

/**
 * A stream that lost something would make lawful histories look broken and broken ones lawful: what is left must be what the store holds. The first
 * difference, or undefined.
 */
function differenceOf(
  audit: HistoryAudit,
  keys: Keys,
  wanted: ReadonlyMap<string, number>,
): string | undefined {
  let matched = 0;
  for (const [key, mod] of audit.living()) {
    if (wanted.get(key) !== mod) return key;
    matched += 1;
  }
  for (const key of wanted.keys()) if (keys.parse(key) !== undefined) matched -= 1;
  return matched === 0 ? undefined : counted(-matched, 'key');
}

/** That no change of it breaks a rule would be true, and would look as if it had been checked. */
function neverThere(app: string, base: number): SmError {
  return new SmError('NOT_FOUND', `there is nothing of app ${app} at revision ${base} or later`, {
    hint: 'sm app ls lists the apps; leave -a out to check every app',
    object: `app/${app}`,
  });
}

function notWhole(what: string): SmError {
  return new SmError(
    'STORE_CORRUPT',
    `the history that etcd sent does not match its current content: ${what}`,
    {hint: 'run it again; if the error stays, the history of this etcd member is damaged'},
  );
}
