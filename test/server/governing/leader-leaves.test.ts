/** A leader that leaves in order: nobody watches it any more, so it puts its own end down. */
import {expect, it} from 'vitest';
import {decodeEventRound} from '../../../src/protocol/records.ts';
import {ownTurn} from '../../simulation/world.ts';
import {LONG_MS} from '../../support/until.ts';
import {soleLeader} from './random/checks.ts';
import {ensureDaemon, firstSpecs} from './random/events.ts';
import {LeadershipWorld} from './random/world.ts';

/** Enough for an election after a loss, and for a shutdown. */
const SETTLED_MS = 60_000;

/** States in the events of sm itself that name the daemon, oldest first. */
function statesOf({server, keys}: LeadershipWorld, daemon: string): string[] {
  return server.kv.list(keys.eventsPrefix('sm')).flatMap(({value}) => {
    const round = decodeEventRound(value);
    const events = round.ok ? round.value : [];
    return events.flatMap((one) => ('kind' in one || one.container !== daemon ? [] : one.state));
  });
}

it(
  'is gone in the events, also where its last word there was a loss',
  async () => {
    await ownTurn(() => {
      const world = new LeadershipWorld(1, 0);
      const {sim} = world;
      const pass = (): void => sim.run(sim.nowMs + SETTLED_MS);
      firstSpecs(world);
      ensureDaemon(world, 'd1');
      pass();
      ensureDaemon(world, 'd2');
      pass();
      soleLeader(world)?.kill();
      pass();
      ensureDaemon(world, 'd1');
      pass();
      soleLeader(world)?.shutdown();
      pass();
      const again = soleLeader(world);
      expect([again?.id, statesOf(world, 'd1').at(-1)]).toEqual(['d1', 'lost']);
      again?.shutdown();
      pass();
      expect(statesOf(world, 'd1').at(-1)).toBe('gone');
      expect(world.problem).toBe('');
    });
  },
  LONG_MS,
);
