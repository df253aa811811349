/** Whoever has no container gets any; nobody moves. */
import {seeded} from '../../planner/instances.ts';
import type {Instance} from './instance.ts';

export function random({current, containers}: Instance): Int32Array {
  const next = seeded(1);
  return current.map((now) => (now < 0 ? next(containers) : now));
}
