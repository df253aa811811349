/** What a listing of the sessions says of one that it does not show. */
import {beforeEach, describe, expect, it} from 'vitest';
import type {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';
import {listNothing, proxyBed} from './proxy-bed.ts';

const CONTAINER = '10.0.0.1:80';
const KEY = `containerhb/${CONTAINER}/a`;
const CREATED = 5;
const WRITTEN = 6;

let machine: ProxyMachine;
beforeEach(() => {
  ({machine} = proxyBed());
  listNothing(machine);
  const value = JSON.stringify({timestamp: 1, shards: []});
  const entry = {key: KEY, create: CREATED, mod: WRITTEN, value};
  machine.changed({key: KEY, container: CONTAINER, lease: 'a', entry, mod: WRITTEN}, 0);
});

/** Types of what is done about the session. */
function done(nowMs: number): string[] {
  return machine.advance(nowMs).flatMap((one) => ('session' in one ? [one.type] : []));
}

describe('a session that a listing does not show', () => {
  it('has ended: nothing is written for it any more', () => {
    machine.listed([], WRITTEN + 1, 1_000);
    expect(machine.hasSessions).toBe(false);
    expect(done(20_000)).not.toContain('keep');
  });

  it('goes on where the listing is older than what the watch has brought of it', () => {
    machine.listed([], WRITTEN - 1, 1_000);
    expect(machine.hasSessions).toBe(true);
    expect(done(20_000)).toContain('keep');
  });
});
