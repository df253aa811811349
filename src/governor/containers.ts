/** What state each container is in, and what that lets the planner do with it. */
import {containerState, modeOf, orderHolds} from '../model/container-state.ts';
import type {Hearing} from '../model/container-state.ts';
import type {MoveNote} from '../model/ownership.ts';
import type {ContainerState} from '../model/container.ts';
import {isFromBefore} from '../model/status.ts';
import type {RefusalCause} from '../model/status.ts';
import type {PlacementContainer} from '../model/placement.ts';
import type {ClaimMonitor} from './claim-monitor.ts';
import type {ContainerTrust} from './container-trust.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import type {AppView} from '../appstate/app-view.ts';

/** One living container: the incarnation that holds its id. */
export interface LivingContainer {
  readonly container: string;
  readonly incarnation: string;
  readonly endpoint: string;
  readonly state: ContainerState;
  readonly mode: PlacementContainer['mode'];
  /** For readers: its governor says that it has proved itself, which records may not say any more. */
  readonly isProved?: boolean;
  /** Why it gets less than others, in words; absent where nothing is wrong. */
  readonly note?: string;
  /** What the note is about. */
  readonly noteAbout?: NoteAbout;
}

/** By container id. */
export type Living = ReadonlyMap<string, LivingContainer>;

/** Its heartbeat cannot be read; it says that it holds other shards than its records say; it cannot be called; or why it is refusing. */
export type NoteAbout = 'heartbeat' | 'holdings' | 'contact' | RefusalCause;

/** Living containers that get nothing new, by incarnation. */
export interface Closed {
  readonly claims: Pick<ClaimMonitor, 'unreachable' | 'deaf'>;
  /** Why adds there are expected to fail. */
  readonly trust: Pick<ContainerTrust, 'refusal'>;
  /** Why what it says is not believed. */
  readonly doubted: ReadonlyMap<string, string>;
}

/** How a container is seen, and why, where that needs words. */
interface Sight extends Pick<LivingContainer, 'note' | 'noteAbout'> {
  readonly hearing: Hearing;
}

/** What a shard that comes to a container is to it. */
export interface Arrival {
  /** It was let go of only to be added there again: its task was changed. */
  readonly comesBack: boolean;
  /** The container tries it. */
  readonly onTrial: boolean;
}

/** Whether the shard may come. A cordoned container takes what it had, one that refuses takes what it tries. Every other order closes it for these, too. */
export function isOpenFor({mode, state}: LivingContainer, {comesBack, onTrial}: Arrival): boolean {
  if (mode === 'open') return true;
  return state === 'cordoned' ? comesBack : onTrial && state === 'refusing';
}

/** The shard was let go of only to be added there again. */
export function comesBackTo(
  container: string,
  move: Pick<MoveNote, 'from' | 'to'> | null | undefined,
): boolean {
  return move?.from === container && move.to === container;
}

export function livingContainers(
  view: AppView,
  detector: FailureDetector,
  closed: Closed,
  nowMs: number,
): Map<string, LivingContainer> {
  const living = new Map<string, LivingContainer>();
  for (const [container, {incarnation}] of view.ids) {
    const heartbeat = view.heartbeats.get(incarnation);
    if (heartbeat === undefined || heartbeat.value.state === 'waiting') continue;
    const order = view.orders.get(container)?.value;
    const sighted = sight(view, detector, incarnation, closed, nowMs);
    const state = containerState(heartbeat.value.state, incarnation, order, sighted.hearing);
    const {endpoint} = heartbeat.value;
    const found = {container, incarnation, endpoint, state, mode: modeOf(state)};
    living.set(container, withNote(found, sighted));
  }
  return withoutChoice(living, closed.claims, (container, incarnation) =>
    orderHolds(view.orders.get(container)?.value, 'cordon', incarnation),
  );
}

function withNote(found: LivingContainer, {note, noteAbout}: Sight): LivingContainer {
  // Each turn looks at each container, and few have a note: a spread takes ten times as long as the rest.
  if (note === undefined || noteAbout === undefined) return found;
  return {...found, note, noteAbout};
}

/**
 * Where every container is refusing, or cannot be called but claims what it finds by itself, none is to be preferred: each takes what it would
 * take if it were ready. One that is cordoned would take nothing.
 */
function withoutChoice(
  living: Map<string, LivingContainer>,
  {deaf, unreachable}: Closed['claims'],
  isCordoned: (container: string, incarnation: string) => boolean,
): Map<string, LivingContainer> {
  const staying = [...living.values()].filter(({mode}) => mode !== 'draining');
  const isDeaf = ({state, incarnation}: LivingContainer): boolean =>
    state === 'unreachable' && deaf.has(incarnation) && !unreachable.has(incarnation);
  const isAsGood = (one: LivingContainer): boolean =>
    one.state === 'refusing' || (isDeaf(one) && !isCordoned(one.container, one.incarnation));
  if (!staying.every(isAsGood)) return living;
  for (const one of staying) living.set(one.container, {...one, mode: 'open'});
  return living;
}

/** States that a heartbeat may end by arriving. */
export function isByClock(state: ContainerState): boolean {
  return state === 'suspect' || state === 'silent';
}

function unreadableNote(view: AppView, incarnation: string): string | undefined {
  const problem = view.heartbeatProblem(incarnation);
  return problem && `has a heartbeat that cannot be read: ${problem}`;
}

function deafNote({heartbeats}: AppView, incarnation: string, cause: string): string {
  return `cannot be called at ${heartbeats.get(incarnation)?.value.endpoint ?? ''}: ${cause}`;
}

function sight(
  view: AppView,
  detector: FailureDetector,
  incarnation: string,
  {claims, doubted, trust}: Closed,
  nowMs: number,
): Sight {
  const noted = problemOf(view, incarnation, doubted);
  const {accepted, heartbeats} = view;
  const isBefore = isFromBefore(accepted, heartbeats.get(incarnation)?.mod);
  if (isBefore || detector.silent(incarnation, nowMs)) return {hearing: 'silent', ...noted};
  if (detector.suspect(incarnation, nowMs)) return {hearing: 'suspect', ...noted};
  const cause = claims.deaf.get(incarnation);
  if (noted.note === undefined && cause !== undefined)
    return {hearing: 'unreachable', note: deafNote(view, incarnation, cause), noteAbout: 'contact'};
  if (noted.note !== undefined || claims.unreachable.has(incarnation))
    return {hearing: 'unreachable', ...noted};
  const refused = trust.refusal(incarnation);
  if (refused === undefined) return {hearing: 'heard'};
  return {hearing: 'refusing', note: refused.text, noteAbout: refused.cause};
}

function problemOf(
  view: AppView,
  incarnation: string,
  doubted: Closed['doubted'],
): Pick<Sight, 'note' | 'noteAbout'> {
  const unreadable = unreadableNote(view, incarnation) ?? view.sessionProblem(incarnation);
  if (unreadable !== undefined) return {note: unreadable, noteAbout: 'heartbeat'};
  const differing = doubted.get(incarnation);
  return differing === undefined ? {} : {note: differing, noteAbout: 'holdings'};
}
