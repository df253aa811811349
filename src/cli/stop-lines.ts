/** What `sm container can-stop` says to people. */
import type {CanStopAnswer} from '../protocol/admin.ts';

type Objection = CanStopAnswer['objections'][number];

/** What leads to a yes. */
const FIXES: Readonly<Record<Objection['rule'], string>> = {
  unknown: 'repair the store first: sm doctor',
  permission: 'wait for the other one, or let it give its permission back',
  losses: 'see what the lost containers have in common: sm container ls',
  unavailable: 'wait with --wait; or allow more: placement.maxUnavailable of the app',
  unserved: 'wait with --wait; see sm shard ls --unplaced; or accept some: --max-unserved N',
  place: 'start another container first, or accept it: --max-unserved N',
};

/** Waiting does not help whoever asks for more than may ever be unavailable. */
function tooMany(maxUnavailable: number): string {
  const less = maxUnavailable === 0 ? '' : `ask for ${maxUnavailable} at a time, or `;
  return `${less}allow more: placement.maxUnavailable of the app`;
}

export function stopLines(
  containers: readonly string[],
  {allowed, objections, permissions, maxUnavailable}: CanStopAnswer,
): string[] {
  const named = containers.join(', ');
  if (!allowed)
    return [
      `no: ${named} may not be stopped now`,
      ...objections.flatMap(({rule, text}) => [
        `  ${rule}: ${text}`,
        `    fix: ${rule === 'unavailable' && containers.length > maxUnavailable ? tooMany(maxUnavailable) : FIXES[rule]}`,
      ]),
    ];
  const [first] = permissions;
  if (first === undefined) return [`yes: ${named} might be stopped now (dry run, no permission)`];
  return [`yes: ${named} may be stopped by ${first.holder} until ${first.until}`];
}

/** The same in one line, while it is waited for. */
export function objectionsLine({objections}: CanStopAnswer): string {
  return objections.map(({rule, text}) => `${rule}: ${text}`).join('; ');
}
