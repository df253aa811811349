/** Plays every scenario file. `UPDATE_SCENARIOS=1 npx vitest run test/scenarios` rewrites what they expect: read the diff. */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {GovernorPlayer} from './governor-player.ts';
import {LeadershipPlayer} from './leadership-player.ts';
import {playFile} from './script.ts';
import type {Player} from './script.ts';
import {SessionPlayer} from './session-player.ts';
import {ShardPlayer} from './shard-player.ts';

const PLAYERS: Readonly<Record<string, () => Player>> = {
  shard: () => new ShardPlayer(),
  session: () => new SessionPlayer(),
  governor: () => new GovernorPlayer(),
  leadership: () => new LeadershipPlayer(),
};

describe.each(Object.entries(PLAYERS))('%s', (machine, player) => {
  const folder = join(import.meta.dirname, machine);
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
    const {expected, actual} = playFile(join(folder, name), player());
    expect(actual).toBe(expected);
  });
});

it('there are many of each machine', () => {
  for (const machine of Object.keys(PLAYERS))
    expect(readdirSync(join(import.meta.dirname, machine)).length).toBeGreaterThanOrEqual(10);
});
