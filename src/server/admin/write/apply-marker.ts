/** An app's specs as a whole, and the marker under which one file at a time is applied to it. */
import {SmError} from '../../../model/errors.ts';
import type {AdminAnswer, AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import {APPLY_MARKER_TTL_MS} from '../../../protocol/admin.ts';
import {decodeApplyMarker} from '../../../protocol/records.ts';
import type {ApplyMarker} from '../../../protocol/records.ts';
import {UNCHANGED, conditionalWrite, deleting, writing} from './conditional-write.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';
import {specRevision} from '../read/app-export.ts';

/**
 * Takes the marker; the same content takes it again at any time.
 * @throws SmError CONFLICT when another file is being applied, or when the specs are not at `ifRevision`.
 */
export async function beginApply(
  dependencies: AdminDependencies,
  request: AdminRequest<'beginApply'>,
  who: string,
): Promise<AdminAnswer<'beginApply'>> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, content, dryRun} = request;
  refuseOwnService(dependencies, app);
  const key = keys.applyMarker(app);
  const ifRevision = request.ifRevision ?? '';
  let resumed = false;
  const read = [keys.appSpec(app), key];
  const answer = await conditionalWrite(store, read, dryRun, ({entries: [spec, entry]}) => {
    liveSpec(app, spec);
    const found = entry === undefined ? undefined : decodeApplyMarker(entry.value);
    resumed = found?.content === content && found.ifRevision === ifRevision;
    if (found !== undefined && !resumed) refuseTaken(found, wallMs());
    const at = new Date(wallMs()).toISOString();
    const marker: ApplyMarker = {
      ...{v: 1, content, ifRevision, by: who, running: true},
      since: resumed ? (found?.since ?? at) : at,
      renewedAt: at,
    };
    const result = entry === undefined ? 'created' : 'configured';
    // The same caller goes on with the same file: a sign of life, each few seconds, and not an order.
    const renews = resumed && found?.running === true && found.by === who;
    return {...writing(result, key, marker), renews};
  });
  if (ifRevision !== '' && !resumed)
    await checkRevision(dependencies, request, ifRevision, Number(answer.revision));
  return {...answer, resumed};
}

function refuseTaken(found: ApplyMarker, nowMs: number): void {
  if (!found.running || nowMs - Date.parse(found.renewedAt) > APPLY_MARKER_TTL_MS) return;
  throw new SmError('CONFLICT', `${found.by} has been applying another file since ${found.since}`, {
    hint: 'wait until that apply is done; if it died, its marker expires after a minute',
    retryable: true,
  });
}

/** The specs as they stood when the marker was taken: nobody else applies from there on. */
async function checkRevision(
  dependencies: AdminDependencies,
  {service: app, content, dryRun, reason}: AdminRequest<'beginApply'>,
  ifRevision: string,
  atRevision: number,
): Promise<void> {
  const found = String(await specRevision(dependencies, app, atRevision));
  if (found === ifRevision) return;
  if (!dryRun)
    await endApply(dependencies, {service: app, content, done: true, dryRun: false, reason});
  throw new SmError('CONFLICT', `the specs of ${app} are at revision ${found}, not ${ifRevision}`, {
    hint: `look at what changed: sm export -a ${app}`,
  });
}

/** Gives the marker back, or leaves it for the same content to go on. Nothing to do when another holds it. */
export async function endApply(
  {store, keys}: AdminDependencies,
  {service: app, content, done, dryRun}: AdminRequest<'endApply'>,
): Promise<WriteAnswer> {
  const key = keys.applyMarker(app);
  return conditionalWrite(store, [key], dryRun, ({entries: [entry]}) => {
    const found = entry === undefined ? undefined : decodeApplyMarker(entry.value);
    if (found?.content !== content) return UNCHANGED;
    if (done) return deleting(key);
    return writing('configured', key, {...found, running: false});
  });
}
