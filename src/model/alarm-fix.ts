/** What leads out of each alarm. Pure. */
import type {AlarmCode} from './alarm.ts';
import {firstOf} from './and-more.ts';
import {OTHERS_NAMED} from './limits.ts';
import type {RefusalCause} from './status.ts';
import {ACCEPT_FIX} from './store-doubt.ts';

/** What an alarm is about. */
export interface AlarmSubject {
  readonly code: string;
  /** App. */
  readonly service: string;
  /** Shard id of UNSERVED, else container id; '' where it is about the app as a whole. */
  readonly object: string;
  /** Other containers of the same process: a restart stops them, too. Default none. */
  readonly others?: readonly string[];
  /** Of REFUSING. Default: adds. */
  readonly cause?: RefusalCause | undefined;
}

/** `object`: the container. */
export function restartOrEvict({
  service,
  object,
  others = [],
}: Omit<AlarmSubject, 'code' | 'cause'>): string {
  return `restart ${object}${alsoRestarted(others)}, or take it out alone: sm container evict -a ${service} ${object}`;
}

function alsoRestarted(others: readonly string[]): string {
  if (others.length === 0) return '';
  return ` (which stops ${firstOf(others, OTHERS_NAMED)} too: they run in the same process)`;
}

/** What to do about it, as a command or a sentence; '' for a code that is not known here. */
export function alarmFix({code, service, object, others = [], cause}: AlarmSubject): string {
  const evict = restartOrEvict({service, object, others});
  switch (code as AlarmCode) {
    case 'UNSERVED':
      return `sm shard why -a ${service} ${object}`;
    case 'BRAKE':
      return `see what the lost containers have in common: sm container ls -a ${service}; it ends by itself`;
    case 'QUARANTINE':
      return 'written by a newer sm: bring the daemons to that version; damaged: a shard: sm shard rm, then sm shard add; an app: sm app create again; a heartbeat: restart or evict its container; a record: see the page; the summary: its governor writes it anew within 40 s; of two keys of a shard: delete the wrong one';
    case 'REFUSING':
      return `${refusalFix(cause)}, or take it out: sm container evict -a ${service} ${object}`;
    case 'LOAD_REJECTED':
      return 'correct what the application reports: docs/alarms/LOAD_REJECTED.md says what is not taken';
    case 'HOLDINGS_DIFFER':
    case 'STUCK':
      return evict;
    case 'HOLDINGS_UNKNOWN':
    case 'UNREACHABLE':
      return `let the daemons reach it by that address (advertise, firewall), then restart it${alsoRestarted(others)}: sm container get -a ${service} ${object}`;
    case 'CLOCK_RATE':
      return `see whether the machines of ${object} and of the daemon have processors to spare (else it passes with the load), then how their time servers correct the clocks`;
    case 'GOVERNOR_BROKEN':
      return 'where it cannot read the app, fix what the text names; where it has stopped itself, keep the log of the daemon and report it; it tries again by itself';
    case 'SUMMARY_CUT':
      return `sm container ls -a ${service}`;
    case 'STORE_RESTORED':
      return ACCEPT_FIX;
    case 'PUSH_UNREACHABLE':
      return `let the daemons reach its address (port, firewall, proxy); if it hangs, restart it: sm container ls -a ${service}`;
    case 'PUSH_STALE':
    case 'PUSH_STRAY':
    case 'PUSH_DROP_IGNORED':
    case 'PUSH_ADD_SLOW':
      return `restart that push container, and see its log: sm container ls -a ${service}`;
    case 'PUSH_OVER_QUOTA':
      return `stop push containers, or: sm app quota ${service} --push-sessions N --containers N`;
    case 'PUSH_DUPLICATE_ID':
      return 'stop the newer one of the two processes, and give it an id of its own';
    case 'PUSH_UNREADABLE':
      return 'restart that push container with a library that writes valid heartbeats';
    case 'PUSH_GUARD_LOST':
      return 'a new one takes its place within seconds; restart a container that refuses adds after that: docs/alarms/PUSH_GUARD_LOST.md';
    default:
      return '';
  }
}

function refusalFix(cause: RefusalCause | undefined): string {
  return cause === 'ends'
    ? 'see why processes with its id or on its host end (logs, exit codes, memory of the host)'
    : 'fix what its add needs (see its log)';
}
