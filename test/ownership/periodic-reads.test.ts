import {describe, expect, it} from 'vitest';
import {RECONCILE_INTERVAL_MS} from '../../src/ownership/limits.ts';
import {SessionBed} from './session-bed.ts';

describe('a read', () => {
  it('that only the time asks for is not repeated when it fails: the next one is soon enough', () => {
    const bed = new SessionBed().ready().owns('s');
    let reads = 0;
    const endMs = bed.nowMs + 10 * RECONCILE_INTERVAL_MS;
    while (bed.nowMs < endMs) {
      bed.turn(100);
      if (bed.asked('read').length > 0) bed.readFails('s');
      reads += bed.asked('read').length;
      for (const {write} of bed.asked('heartbeat')) bed.commit(write);
      bed.look();
    }
    expect(reads).toBe(10);
  });

  it('that a hint asks for is repeated when it fails, though it was time for one as well', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.turn();
    bed.turn(RECONCILE_INTERVAL_MS);
    bed.readFails('s');
    bed.look();
    bed.turn(200);
    expect(bed.asked('read')).toHaveLength(1);
  });

  it('is repeated when a hint came while the time asked for it, and it fails', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.turn(RECONCILE_INTERVAL_MS);
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.readFails('s');
    bed.look();
    bed.turn(200);
    expect(bed.asked('read')).toHaveLength(1);
  });
});
