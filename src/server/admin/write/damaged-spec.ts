/** What is written where the spec of an app cannot be read: all of it that can be read, and a pause where nobody knows whether there was one. Pure. */
import {operatorNote} from '../../../model/operator-note.ts';
import type {AppSpec} from '../../../model/specs.ts';
import {fieldsIn} from '../../../protocol/foreign-json.ts';
import {decodeAppSpec, encodeRecord} from '../../../protocol/records.ts';

const DAMAGED_REASON =
  'the spec of the app was damaged and has been written anew: check its limits, placement policy and quota, then resume it';

/** Nobody can read it, and no newer version has written it. */
export function isDamagedSpec(value: string): boolean {
  const decoded = decodeAppSpec(value);
  return !decoded.ok && decoded.newer !== true;
}

/** `limits` go before those of the damaged value. A pause that is kept stays as it was said. */
export function repairedSpec(
  value: string,
  limits: AppSpec,
  {by, wallMs}: {readonly by: string; readonly wallMs: number},
): AppSpec {
  // Without a limit on moves in the request there is none, whatever was there.
  const {maxMoving: _, ...known} = readable(value, limits.service);
  const spec: AppSpec = {...known, ...limits};
  if (spec.paused === true) return spec;
  const pause = operatorNote({reason: DAMAGED_REASON, by}, wallMs, undefined);
  return {...spec, paused: true, pause};
}

/** The fields that are as they should be. */
function readable(value: string, service: string): Partial<AppSpec> {
  const fields = fieldsIn(value);
  if (fields === undefined) return {};
  const decoded = decodeAppSpec(encodeRecord({...fields, service} as AppSpec));
  return decoded.ok ? decoded.value : {};
}
