/** What a daemon finds when it calls the others, and itself: who cannot be called, and whose clock is wrong. */
import {otherDaemonFix} from '../../../model/contact.ts';
import type {Contact} from '../../../model/contact.ts';
import type {ContainerView} from '../../../protocol/admin.ts';
import {check} from './check.ts';
import type {Check} from './check.ts';
import {CLOCK_APART_WARN_MS} from '../../../model/limits.ts';

/** One daemon that was called; times of the caller's clock, Unix ms. */
export interface CalledDaemon {
  readonly id: string;
  readonly endpoint: string;
  readonly contact: Contact;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Calls the daemons that are heard, all at once. */
export async function calledDaemons(
  daemons: readonly ContainerView[],
  call: (daemon: ContainerView) => Promise<Contact>,
  wallMs: () => number,
): Promise<CalledDaemon[]> {
  const heard = daemons.filter(({state}) => state !== 'lost' && state !== 'silent');
  return Promise.all(
    heard.map(async (daemon) => {
      const startedMs = wallMs();
      const contact = await call(daemon);
      return {id: daemon.id, endpoint: daemon.endpoint, contact, startedMs, endedMs: wallMs()};
    }),
  );
}

/** Pure. */
export function callChecks(called: readonly CalledDaemon[]): Check[] {
  const deaf = called.flatMap(({id, endpoint, contact}) => {
    if (contact.reached) return [];
    const text = `${id} cannot be called at ${endpoint}: ${contact.cause}`;
    return [{text, fix: otherDaemonFix(id, contact.fault)}];
  });
  const all = (name: 'text' | 'fix'): string => deaf.map((one) => one[name]).join('; ');
  const reach =
    deaf.length === 0
      ? check('calls among daemons', 'PASS', `${called.length} answer`)
      : check('calls among daemons', 'FAIL', all('text'), all('fix'));
  return [reach, clocksCheck(called)];
}

function clocksCheck(called: readonly CalledDaemon[]): Check {
  const apart = called.flatMap(({id, contact, startedMs, endedMs}) => {
    if (!contact.reached || contact.atMs === undefined) return [];
    return [{id, byMs: apartMs(contact.atMs, startedMs, endedMs)}];
  });
  const wrong = apart.filter(({byMs}) => Math.abs(byMs) > CLOCK_APART_WARN_MS);
  if (wrong.length === 0)
    return check(
      'clocks of daemons',
      'PASS',
      `${apart.length} agree within ${CLOCK_APART_WARN_MS / 1_000} s`,
    );
  const texts = wrong.map(({id, byMs}) => {
    const apartS = Math.abs(byMs / 1_000).toFixed(1);
    return `${id} is ${apartS} s ${byMs > 0 ? 'ahead of' : 'behind'} this daemon`;
  });
  const fix = 'synchronize all machines with one time server';
  return check('clocks of daemons', 'WARN', texts.join('; '), fix);
}

/** The answer was given between the start and the end of the call. Positive: the other clock is ahead. */
function apartMs(atMs: number, startedMs: number, endedMs: number): number {
  if (atMs > endedMs) return atMs - endedMs;
  return atMs < startedMs ? atMs - startedMs : 0;
}
