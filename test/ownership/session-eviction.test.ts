/** An operator's eviction, seen by the container: when it ends though something hangs. */
import {describe, expect, it} from 'vitest';
import {SessionBed} from './session-bed.ts';

describe('an evicted container', () => {
  function evict(bed: SessionBed): void {
    const write = bed.beat();
    bed.found(write, {...write.value, state: 'evicting'});
  }

  it('ends after the limit of a drop that hangs, says which, and leaves the heartbeat to fall silent', () => {
    const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
    evict(bed);
    expect(bed.asked('drop')).toMatchObject([{shard: 's', reason: 'lost'}]);
    bed.look();
    bed.turn(29_999);
    expect(bed.session.ended).toBe(false);
    expect(bed.session.wakeAtMs(bed.nowMs)).toBe(bed.nowMs + 1);
    bed.turn(1);
    const running = [{shard: 's', hook: 'drop'}];
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted', running}]);
    expect(bed.asked('deregister')).toEqual([]);
    expect(bed.session.wakeAtMs(bed.nowMs)).toBeGreaterThan(bed.nowMs);
  });

  it('waits at least until its right to act is over', () => {
    const bed = new SessionBed({dropTimeoutMs: 1}).ready().owns('s');
    const {deadlineMs} = bed.session;
    evict(bed);
    bed.look();
    bed.turn(deadlineMs - bed.nowMs - 1);
    expect(bed.asked('ended')).toEqual([]);
    bed.turn(1);
    expect(bed.asked('ended')).toMatchObject([{how: 'evicted'}]);
  });

  it('ends where the store does not answer, with nothing running', () => {
    const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
    evict(bed);
    bed.dropSettled('s');
    bed.look();
    bed.turn(30_000);
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted'}]);
  });

  it('ends in time where it was leaving, or its app was being removed', () => {
    for (const order of ['leave', 'appDeleting'] as const) {
      const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
      bed.session[order]();
      const [sent] = bed.turn().filter(({type}) => type === 'heartbeat');
      const write = sent?.type === 'heartbeat' ? sent.write : bed.beat();
      bed.found(write, {...write.value, state: 'evicting'});
      bed.look();
      bed.turn(30_000);
      expect(bed.asked('ended')).toMatchObject([{running: [{shard: 's', hook: 'drop'}]}]);
    }
  });
});
