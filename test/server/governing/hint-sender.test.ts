import {expect, it} from 'vitest';
import {HINTS_BODY_LIMIT_BYTES, hintsRequest} from '../../../src/protocol/hints.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import type {OwnershipRecord} from '../../../src/model/ownership.ts';
import {wireItem} from '../../../src/server/governing/hint-sender.ts';
import {HINT_RECORD_LIMIT_BYTES} from '../../../src/protocol/limits.ts';
import {HINTS_PER_CALL} from '../../../src/governor/limits.ts';

function record(lastError: string): OwnershipRecord {
  return {
    ...{v: 1, state: 'assigned', container: 'c1', incarnation: 'i1', token: '', ready: false},
    ...{move: null, failures: 1, lastError, taskVersion: 0},
  };
}

const hint = (lastError: string, shard = 's') =>
  wireItem({shard, op: 'add', revision: 7, record: record(lastError)});

it('a record goes along as it is stored, and a long one stays away', () => {
  expect(hint('no room').record).toBe(encodeRecord(record('no room')));
  expect(hint('x'.repeat(HINT_RECORD_LIMIT_BYTES))).toEqual({shard: 's', op: 'add', revision: 7});
  // Bytes are counted, not characters.
  expect(hint('\u6f22'.repeat(HINT_RECORD_LIMIT_BYTES / 3)).record).toBeUndefined();
  expect(wireItem({shard: 's', op: 'drop', revision: 7})).toEqual({
    ...{shard: 's', op: 'drop', revision: 7},
  });
});

it('a full call with the longest records and names is one that receivers take', () => {
  const room = HINT_RECORD_LIMIT_BYTES - encodeRecord(record('')).length;
  const items = Array.from({length: HINTS_PER_CALL}, (_, index) =>
    hint('"'.repeat(Math.floor(room / 2)), `s${index}`.padEnd(200, 'x')),
  );
  expect(items.every((item) => item.record !== undefined)).toBe(true);
  const body = {app: 'app', incarnation: 'i1', items};
  expect(hintsRequest.safeParse(body).success).toBe(true);
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(HINTS_BODY_LIMIT_BYTES);
});
