/** The heartbeat record that stands for a push container's session, and the transactions that keep it. Pure. */
import type {AppView} from '../../appstate/app-view.ts';
import {PUSH_SDK} from '../../model/container.ts';
import type {Heartbeat} from '../../model/container.ts';
import {RECORD_VERSION} from '../../model/ownership.ts';
import {encodeIdHolder} from '../../protocol/container-id.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {specUnchanged} from '../../store/app-spec-guard.ts';
import {absent, deletion, present, unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {stillGoverns} from '../../store/ownership-transactions.ts';
import type {Compare, Operation, Transaction} from '../../store/port.ts';

/** Who a proxy heartbeat stands for. */
export interface ProxySubject {
  readonly container: string;
  readonly incarnation: string;
}

export interface ProxyContext extends Pick<GovernedApp, 'app' | 'keys' | 'fencingKey'> {
  readonly view: AppView;
}

export function isProxyHeartbeat(heartbeat: Heartbeat | undefined): boolean {
  return heartbeat?.sdk === PUSH_SDK;
}

/** Whether the container id can be taken, or is already, by this incarnation. */
export function mayHoldId(view: AppView, {container, incarnation}: ProxySubject): boolean {
  const living = view.livingIncarnation(container);
  return living === undefined || living === incarnation;
}

/** Ready and holding its id: nothing but renewal is left to do. */
export function isSettled(view: AppView, {container, incarnation}: ProxySubject): boolean {
  const state = view.heartbeats.get(incarnation)?.value.state;
  return (
    state !== undefined && state !== 'waiting' && view.livingIncarnation(container) === incarnation
  );
}

/**
 * Call for a first heartbeat only while the view does not say that the app is being removed.
 * [still governs; the app stands, for a first heartbeat; hb as seen; when the id is taken: id as seen, its holder's hb absent] -> put hb, put id.
 */
export function proxyTransaction(
  context: ProxyContext,
  subject: ProxySubject,
  fresh: {readonly nonce: string; readonly ttlMs: number},
): {
  readonly transaction: Transaction;
  readonly value: Heartbeat;
  readonly takesId: boolean;
  /** Whom an operator has evicted from the id. */
  readonly evicted: string | undefined;
} {
  const {app, keys, fencingKey, view} = context;
  const {container, incarnation} = subject;
  const known = view.heartbeats.get(incarnation);
  const holder = view.ids.get(container);
  const takesId =
    known?.value.state !== 'evicting' && mayHoldId(view, subject) && !isSettled(view, subject);
  const value: Heartbeat = {
    ...(known?.value ?? identity(container, fresh.ttlMs)),
    seq: (known?.value.seq ?? 0) + 1,
    nonce: fresh.nonce,
    ...(takesId ? {state: 'ready'} : {}),
  };
  const key = keys.heartbeat(app, incarnation);
  const id = keys.containerId(app, container);
  const compares = [stillGoverns(fencingKey), unchanged(key, known)];
  if (known === undefined) compares.push(appStands(context));
  const then: Operation[] = [{op: 'put', key, value: encodeRecord(value)}];
  if (takesId) {
    compares.push(unchanged(id, holder));
    if (holder !== undefined && holder.incarnation !== incarnation)
      compares.push(absent(keys.heartbeat(app, holder.incarnation)));
    then.push({op: 'put', key: id, value: encodeIdHolder(incarnation, holder?.evicted)});
  }
  const otherwise = [fencingKey.key, key, id].map((read): Operation => ({op: 'get', key: read}));
  const transaction = {compares, then, otherwise};
  return {transaction, value, takesId, evicted: holder?.evicted};
}

/** A spec that cannot be read has no version in the view; that it is there must do. */
function appStands({app, keys, view}: ProxyContext): Compare {
  if (view.spec === undefined) return present(keys.appSpec(app));
  return specUnchanged(keys, app, view.spec.mod);
}

/** [still governs; hb as seen; id as seen] -> delete hb, and the id when it is its own. Only without shards. */
export function proxyRemoval(context: ProxyContext, subject: ProxySubject): Transaction {
  const {app, keys, fencingKey, view} = context;
  const key = keys.heartbeat(app, subject.incarnation);
  const id = keys.containerId(app, subject.container);
  const known = view.heartbeats.get(subject.incarnation);
  const compares = [stillGoverns(fencingKey), unchanged(key, known)];
  const then = [deletion({key})];
  const holder = view.ids.get(subject.container);
  if (holder?.incarnation === subject.incarnation) {
    compares.push(unchanged(id, holder));
    then.push(deletion({key: id}));
  }
  const otherwise = [fencingKey.key, key, id].map((read): Operation => ({op: 'get', key: read}));
  return {compares, then, otherwise};
}

function identity(container: string, ttlMs: number): Heartbeat {
  return {
    ...{v: RECORD_VERSION, container, ttlMs, endpoint: container, host: '', pid: 0, bootId: ''},
    ...{zone: '', labels: {}, version: '', sdk: PUSH_SDK, seq: 0, nonce: '', state: 'waiting'},
  };
}
