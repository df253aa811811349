/**
 * The transition table of ownership records (docs/protocol.md), written a second time and from outside: checks what happened to
 * a record in the store, knowing everything else that was there at that moment. It shares nothing with the code that makes the
 * writes (src/ownership/transitions.ts): that is the independence that matters. The simulation and `sm audit` both check by it.
 */
import type {OwnershipRecord} from '../model/ownership.ts';

export type RecordBefore = OwnershipRecord | undefined;

export interface Circumstances {
  /** Whether hb/<incarnation> exists. */
  readonly exists: (incarnation: string) => boolean;
  readonly specExists: boolean;
  /** The writer governs the app. Where nobody knows the writer: somebody governs it. */
  readonly governs: boolean;
  /** The writer is this incarnation. Where nobody knows the writer: always. */
  readonly writerIs: (incarnation: string) => boolean;
  /** Daemons claim with `ready` set. */
  readonly readyAtClaim: boolean;
}

/** What is wrong with this step of a record, or undefined when the table has it. */
export function unlawful(
  before: RecordBefore,
  after: RecordBefore,
  now: Circumstances,
): string | undefined {
  if (after === undefined) return forgotten(before, now);
  if (after.state === 'assigned') return assigned(before, after, now);
  if (before === undefined) return `${after.state} without a record before it`;
  if (after.state === 'dropping') return dropped(before, after, now);
  if (after.state === 'free') return freed(before, after, now);
  return owned(before, after, now);
}

function forgotten(before: RecordBefore, now: Circumstances): string | undefined {
  if (!now.governs) return 'deleted by a daemon that does not govern';
  if (now.specExists) return 'deleted while its spec exists';
  if (before !== undefined && before.state !== 'free' && now.exists(before.incarnation))
    return 'deleted while its holder lives';
  return undefined;
}

function assigned(
  before: RecordBefore,
  after: OwnershipRecord,
  now: Circumstances,
): string | undefined {
  if (!now.governs) return 'assigned by a daemon that does not govern';
  if (!now.exists(after.incarnation)) return 'assigned to a container that does not exist';
  if (after.token !== '' || after.ready) return 'assigned with a token or ready';
  if (before === undefined || before.state === 'free' || before.state === 'assigned')
    return undefined;
  return now.exists(before.incarnation) ? 'taken from a holder that lives' : undefined;
}

function dropped(
  before: OwnershipRecord,
  after: OwnershipRecord,
  now: Circumstances,
): string | undefined {
  if (!now.governs) return 'asked to drop by a daemon that does not govern';
  if (before.state !== 'owned') return `dropping after ${before.state}`;
  if (before.incarnation !== after.incarnation) return 'dropping changes the holder';
  return before.token !== '' && before.token !== after.token
    ? 'dropping changes the token'
    : undefined;
}

function freed(
  before: OwnershipRecord,
  after: OwnershipRecord,
  now: Circumstances,
): string | undefined {
  if (before.state === 'assigned')
    return now.governs ? undefined : 'recalled by a daemon that does not govern';
  if (before.state === 'free') return 'freed twice';
  if (!now.writerIs(before.incarnation)) return 'freed by another than its holder';
  return before.incarnation === after.incarnation ? undefined : 'freeing changes the holder';
}

function owned(
  before: OwnershipRecord,
  after: OwnershipRecord,
  now: Circumstances,
): string | undefined {
  if (!now.writerIs(after.incarnation)) return 'claimed or made ready by another than its holder';
  if (!now.exists(after.incarnation)) return 'claimed by a container that does not exist';
  if (before.incarnation !== after.incarnation) return 'claimed by another than it was assigned to';
  if (before.state === 'assigned') {
    if (after.token !== '') return 'claimed with a token';
    if (besides(before) !== besides(after)) return 'the claim changes other fields of the record';
    return after.ready === now.readyAtClaim ? undefined : 'claimed ready';
  }
  if (before.state !== 'owned') return `owned after ${before.state}`;
  return before.token !== '' && before.token !== after.token ? 'the token changed' : undefined;
}

/** What a claim has to leave as it is: the note of the move, the failures, the holder. */
function besides(record: OwnershipRecord): string {
  const {container, incarnation, move, failures, lastError} = record;
  return JSON.stringify({container, incarnation, move, failures, lastError});
}
