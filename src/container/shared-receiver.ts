/** One hint receiver for all containers of a process that ask for the same address, be it a listener of ours or a server of the application. */
import {hintHandler, openReceiver} from './receiver.ts';
import type {Clock} from '../runtime/clock.ts';
import {receiverKey} from './receiver-tls.ts';
import type {HintHandler, HintTarget, ReceiverOptions} from './receiver.ts';

export interface SharedListener {
  readonly port: number;
  leave(): Promise<void>;
}

interface SharedOptions extends ReceiverOptions {
  /** Whether no other container may share the listener: its port makes the id of this one. Default false. */
  readonly ownPort?: boolean;
}

interface Shared {
  readonly targets: Set<HintTarget>;
  readonly opened: Promise<{port: number; close(): Promise<void>}>;
}

const receivers = new Map<string, Shared>();

/** Takes part in the receiver at this address; opens it for the first one, closes it behind the last. @throws SmError PORT_TAKEN. */
export async function shareListener(
  target: HintTarget,
  options: SharedOptions,
): Promise<SharedListener> {
  const {bind, port, tls, ownPort = false} = options;
  if (ownPort) {
    const own = await openReceiver(new Set([target]), options);
    return {port: own.port, leave: () => own.close()};
  }
  // Another certificate is another receiver: where the address is the same, its port is taken.
  const address = `${bind}:${port} ${tls === undefined ? '' : receiverKey(tls)}`;
  let shared = receivers.get(address);
  if (shared === undefined) {
    const targets = new Set<HintTarget>();
    shared = {targets, opened: openReceiver(targets, options)};
    receivers.set(address, shared);
  }
  const {targets, opened} = shared;
  targets.add(target);
  const leave = async (): Promise<void> => {
    targets.delete(target);
    if (targets.size > 0) return;
    if (receivers.get(address)?.opened === opened) receivers.delete(address);
    await opened.then((receiver) => receiver.close()).catch(() => undefined);
  };
  try {
    return {port: (await opened).port, leave};
  } catch (error) {
    await leave();
    throw error;
  }
}

interface Attached {
  readonly targets: Set<HintTarget>;
  readonly handler: HintHandler;
  /** The last container has left, and stays a target so that probes report that it has ended. */
  last?: HintTarget;
}

type ProcessClock = Pick<Clock, 'nowMs' | 'wallMs'>;

/**
 * By address, of each process: a process has one clock, and processes that are simulated together share this file. No address is ever removed: the
 * application may leave a handler mounted, and daemons then reach later containers at that address through it.
 */
const attached = new WeakMap<ProcessClock, Map<string, Attached>>();

/** A handler for all containers that are attached at this address: daemons call one path there, whosever handler is mounted first. */
export function shareHandler(
  target: HintTarget,
  address: string,
  clock: ProcessClock,
): {readonly handler: HintHandler; leave(): void} {
  const ofProcess = attached.get(clock) ?? new Map<string, Attached>();
  attached.set(clock, ofProcess);
  const shared = ofProcess.get(address) ?? newAttached(clock);
  ofProcess.set(address, shared);
  const {targets, handler, last} = shared;
  targets.add(target);
  if (last !== undefined) targets.delete(last);
  delete shared.last;
  const leave = (): void => {
    if (targets.size === 1) shared.last = target;
    else targets.delete(target);
  };
  return {handler, leave};
}

function newAttached(clock: ProcessClock): Attached {
  const targets = new Set<HintTarget>();
  return {targets, handler: hintHandler(targets, clock)};
}
