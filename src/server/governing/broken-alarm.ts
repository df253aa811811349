/** An alarm in an app's summary that its governor cannot write, because it has stopped. */
import {valueOf} from '../../appview/app-news.ts';
import type {RaisedAlarm} from '../../model/alarm.ts';
import {SUMMARY_CUT, fittingStatus, shownText} from '../../governor/status-size.ts';
import {emptyStatus} from '../../model/status.ts';
import {decodeAppStatus, encodeRecord} from '../../protocol/records.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import {unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {stillGoverns} from '../../store/ownership-transactions.ts';
import {ALARM_WRITE_ATTEMPTS_LIMIT} from './limits.ts';

type AlarmTarget = Pick<
  GovernedApp,
  'app' | 'governor' | 'keys' | 'store' | 'fencingKey' | 'clock'
>;

/**
 * Puts the alarm into the last summary, in place of one with the same code. Nothing is written when another daemon governs, when the app is gone, or once the alarm is not
 * wanted any more: a governor that has begun anew writes summaries of its own, and a late alarm must not put an older one in their place.
 * @throws SmError STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function raiseAlarm(
  target: AlarmTarget,
  alarm: RaisedAlarm,
  isWanted: () => boolean = () => true,
): Promise<void> {
  for (let attempt = 0; attempt < ALARM_WRITE_ATTEMPTS_LIMIT && isWanted(); attempt++)
    if (await written(target, alarm)) return;
}

/** False when a newer summary, a change of the app's spec or another daemon has come in between. */
async function written(
  {app, governor, keys, store, fencingKey, clock}: AlarmTarget,
  {code, text}: RaisedAlarm,
): Promise<boolean> {
  const key = keys.status(app);
  const {entries} = await store.getMany([key, keys.appSpec(app)]);
  const [entry, spec] = entries;
  const specMod = liveSpecMod(spec);
  if (specMod === undefined) return true;
  const at = new Date(clock.wallMs()).toISOString();
  const last = valueOf(entry, decodeAppStatus) ?? emptyStatus(governor, at);
  const since = last.alarms.find((alarm) => alarm.code === code)?.since ?? at;
  const others = last.alarms.filter((alarm) => alarm.code !== code && alarm.code !== SUMMARY_CUT);
  const status = fittingStatus({
    ...{...last, at, governor, settled: false},
    containers: Object.entries(last.containers),
    alarms: [{code, text: shownText(text), since}, ...others],
    totals: {
      containers: Object.keys(last.containers).length + (last.omitted?.containers ?? 0),
      unplaced: last.unplacedCount,
      failed: last.failed.length + (last.omitted?.failed ?? 0),
      quarantined: last.quarantined.length + (last.omitted?.quarantined ?? 0),
      alarms: others.length + 1 + (last.omitted?.alarms ?? 0),
    },
  });
  const outcome = await store.transact({
    compares: [stillGoverns(fencingKey), specUnchanged(keys, app, specMod), unchanged(key, entry)],
    then: [{op: 'put', key, value: encodeRecord(status)}],
  });
  if (outcome.kind === 'unknown') throw outcome.error;
  return outcome.kind === 'committed';
}
