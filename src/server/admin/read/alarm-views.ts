/** Alarms as they are shown: each with what leads out of it. Pure. */
import type {AppListing} from '../../../appview/listing.ts';
import {once} from '../../../appview/listing.ts';
import {homelessBy, sameProcess, serviceGap} from '../../../governor/service-gap.ts';
import type {GapContext, ServiceGap} from '../../../governor/service-gap.ts';
import {endOfDrain, strandedFix} from '../../../model/drain-progress.ts';
import type {PlacementReason} from '../../../model/placement.ts';
import {alarmFix} from '../../../model/alarm-fix.ts';
import type {AlarmView} from '../../../protocol/admin.ts';
import type {Alarm} from '../../../model/status.ts';
import {livingOf} from './container-views.ts';
import {unplacedReasons} from './shard-views.ts';

type Said = Pick<Alarm, 'code' | 'object' | 'cause'>;

export function alarmViews(listing: AppListing): AlarmView[] {
  const {app: service, status} = listing;
  return (status?.alarms ?? []).map(({code, text, since, object = '', cause}) => {
    const gap = code === 'UNSERVED' && object !== '' ? gapOf(listing, object) : undefined;
    const fix = gap?.fix || fixOf(listing, {code, object, ...(cause === undefined ? {} : {cause})});
    return {service, code, text, since, object, fix};
  });
}

function fixOf({app: service, view}: AppListing, {code, object = '', cause}: Said): string {
  return alarmFix({code, service, object, others: sameProcess(view, object), cause});
}

/** Why a shard that is served stays on a container that is drained. `reason`: of the plan; undefined where that is ''. */
export function strandedGap(
  listing: AppListing,
  shard: string,
  reason: string,
): ServiceGap | undefined {
  const {container} = listing.view.own.get(shard)?.value ?? {};
  const gap = homelessBy(shard, {...gapContext(listing), reasonOf: () => reason});
  if (container === undefined || gap === undefined) return undefined;
  const text = `${container}, which is being drained, still serves it, because no other container can take it: ${gap.text}`;
  const {app} = listing;
  // Where all others take nothing new, this drain may be all that has to end.
  if (reason === ('nothing-accepts' satisfies PlacementReason))
    return {text, fix: strandedFix(app, container)};
  return {text, fix: `${gap.fix}; or ${endOfDrain(app, container)}`};
}

/** Why nobody serves the shard now; undefined: somebody does. */
export function gapOf(listing: AppListing, shard: string): ServiceGap | undefined {
  return serviceGap(shard, gapContext(listing));
}

function gapContext(listing: AppListing): GapContext {
  const {app, view, status} = listing;
  const living = once(listing, 'living', () => livingOf(listing));
  const reasons = unplacedReasons(listing);
  const alarmFixOf = (container: string): string | undefined => {
    const alarm = status?.alarms.find(({object}) => object === container);
    return alarm === undefined ? undefined : fixOf(listing, alarm);
  };
  return {app, view, living, alarmFixOf, reasonOf: (id) => reasons.get(id) ?? ''};
}
