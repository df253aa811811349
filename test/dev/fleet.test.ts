import {join} from 'node:path';
import {expect, it} from 'vitest';
import {Fleet} from '../../src/dev/fleet.ts';
import type {DevEvent} from '../../src/dev/index.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

const PROGRAM = join(import.meta.dirname, '..', 'support', 'quitting-container.ts');

it('starts a container again that gave up, and leaves one dead that was killed', async () => {
  const folder = ownFolder('fleet');
  const events: DevEvent[] = [];
  const ends = (): DevEvent[] => events.filter(({event}) => event === 'containerEnded');
  const fleet = new Fleet({shards: 1, emit: (event) => events.push(event), program: PROGRAM});
  try {
    fleet.prepare('c1');
    fleet.joinAll({app: 'demo', endpoints: [join(folder, 'mark')]});
    await until(() => fleet.verdict.summary.shards === 1, LONG_MS, 'the second one serves');
    const [end, more] = ends();
    expect([end, more]).toEqual([
      {
        ...{event: 'containerEnded', container: 'c1', again: true},
        ...{how: 'STORE_UNAVAILABLE', why: 'etcd does not answer'},
      },
      undefined,
    ]);
    expect(fleet.living).toHaveLength(1);
    fleet.living[0]?.signal('SIGKILL');
    await until(() => ends().length === 2, LONG_MS, 'its end is told');
    expect(ends()[1]).toMatchObject({how: 'SIGKILL', again: false});
  } finally {
    await fleet.stop();
  }
});
