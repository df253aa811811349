import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {STEADY_TTL_MS} from '../support/cluster.ts';
import {PushBed} from './push-bed.ts';
import type {PushContainer} from './push-container.ts';

let bed: PushBed;
beforeAll(async () => {
  bed = await PushBed.start();
});
afterAll(() => bed.stop());

/** An app with these shards, all of them ready on one container. */
async function settled(app: string, count: number): Promise<PushContainer> {
  await bed.createApp(
    app,
    Array.from({length: count}, (_, index) => `${app}-${index}`),
  );
  const container = await bed.container({app});
  await bed.untilSpread(app, new Map([[container, count]]));
  return container;
}

function calls({received}: PushContainer, op: 'add' | 'drop'): string[] {
  return received.filter((call) => call.op === op).map(({id}) => id);
}

describe('push containers that do not do as they say', () => {
  it('keep a shard they accept to drop but still list: nobody else gets it, and an alarm says so', async () => {
    const liar = await settled('lies', 4);
    liar.liesAboutDrops = true;
    const honest = await bed.container({app: 'lies'});
    await bed.until('repeated drops', () => calls(liar, 'drop').length >= 6);
    await bed.until('the alarm', async () =>
      (await bed.alarms('lies')).includes('PUSH_DROP_IGNORED'),
    );
    expect(honest.received).toEqual([]);
    for (const {state, container} of (await bed.rows('lies')).values()) {
      expect(['owned', 'dropping']).toContain(state);
      expect(container).toBe(liar.id);
    }
    liar.liesAboutDrops = false;
    await bed.untilSpread(
      'lies',
      new Map([
        [liar, 2],
        [honest, 2],
      ]),
    );
    await bed.until('no alarm', async () => (await bed.alarms('lies')).length === 0);
    expect(bed.doubles).toEqual(new Set());
  });

  it('are told to drop what is recorded elsewhere, with an alarm', async () => {
    const holder = await settled('stray', 3);
    const [lost = ''] = holder.running;
    const stray = await bed.container({app: 'stray', remembers: [lost]});
    await bed.until('the drop', () => calls(stray, 'drop').includes(lost));
    await bed.until('the alarm', async () => (await bed.alarms('stray')).includes('PUSH_STRAY'));
    await bed.until('one owner of each', () => holder.running.length + stray.running.length === 3);
    // The one double there is was made by the container itself.
    expect([...bed.doubles]).toEqual([lost]);
    bed.doubles.clear();
  });

  it('that refuse shards leave them to others', async () => {
    const app = 'refused';
    await bed.post('add-spec', {service: app, maxShardCount: 0, maxRecoveryTime: 0});
    const refusing = await bed.container({app});
    refusing.refuseAddsWith = 500;
    await bed.post('add-shards', {service: app, shards: [{shardId: 'r-0'}]});
    await bed.until('the failure', async () => {
      const text = await bed.raw.get(`/sm/app/${app}/status`).string();
      const {failed} = JSON.parse(text ?? '{"failed":[]}') as {
        failed: {shard: string; lastError: string}[];
      };
      return failed[0]?.lastError.includes('HTTP 500') === true;
    });
    const willing = await bed.container({app});
    await bed.untilSpread(
      app,
      new Map([
        [willing, 1],
        [refusing, 0],
      ]),
    );
    // It was asked to let go before the shard went elsewhere: a refused add may have been half done.
    expect(calls(refusing, 'drop')).toContain('r-0');
  });

  it('that refuse every add cost one shard at most, which is on trial', async () => {
    // Of its own, with a T that the healthy ones keep however busy the machine is: else they lose shards too.
    const bed = await PushBed.start(STEADY_TTL_MS);
    const app = 'trials';
    const shards = Array.from({length: 12}, (_, at) => `t-${at}`);
    await bed.createApp(app, shards);
    const [one, other] = [await bed.container({app}), await bed.container({app})];
    await bed.untilSpread(
      app,
      new Map([
        [one, 6],
        [other, 6],
      ]),
    );
    const refusing = await bed.container({app});
    refusing.refuseAddsWith = 500;
    const unserved: number[] = [];
    await bed.until('two trials, and all served again', async () => {
      const served = [...(await bed.ready(app)).values()].flat().length;
      unserved.push(shards.length - served);
      return calls(refusing, 'add').length >= 2 && served === shards.length;
    });
    expect(Math.max(...unserved)).toBeLessThanOrEqual(1);
    await bed.until('the alarm', async () => (await bed.alarms(app)).includes('REFUSING'));
    expect(one.running.length + other.running.length).toBe(shards.length);
    await bed.stop();
  });

  it('that are deaf by HTTP claim nothing and are passed over', async () => {
    const app = 'deaf';
    await bed.post('add-spec', {service: app, maxShardCount: 0, maxRecoveryTime: 0});
    const deaf = await bed.container({app});
    await deaf.closeHttp();
    await bed.post('add-shards', {service: app, shards: [{shardId: 'd-0'}, {shardId: 'd-1'}]});
    await bed.until('unreachable', async () => (await bed.alarms(app)).includes('UNREACHABLE'));
    for (const {state} of (await bed.rows(app)).values()) expect(state).not.toBe('owned');
    const hearing = await bed.container({app});
    await bed.untilSpread(app, new Map([[hearing, 2]]));
  });
});

describe('push containers', () => {
  it('that answer probes and hang in adds get nothing more, and status says why', async () => {
    const app = 'hangs';
    const hanging = await settled(app, 2);
    const other = await bed.container({app});
    await bed.untilSpread(
      app,
      new Map([
        [hanging, 1],
        [other, 1],
      ]),
    );
    hanging.hangsInAdds = true;
    const shards = (name: string) =>
      Array.from({length: 6}, (_, at) => ({shardId: `${app}-${name}-${at}`}));
    await bed.post('add-shards', {service: app, shards: shards('first')});
    await bed.until('the container is closed', async () => {
      const text = await bed.raw.get(`/sm/app/${app}/status`).string();
      return text?.includes('does not answer to adds') === true;
    });
    await bed.post('add-shards', {service: app, shards: shards('later')});
    await bed.until('all of the later ones at the other', () =>
      shards('later').every(({shardId}) => other.running.includes(shardId)),
    );
    hanging.hangsInAdds = false;
    await bed.until(
      'all served',
      async () => [...(await bed.ready(app)).values()].flat().length === 14,
    );
    await bed.until('no alarm', async () => (await bed.alarms(app)).length === 0);
    expect(bed.doubles).toEqual(new Set());
  });
});

describe('a push container that hangs in adds from its start', () => {
  it('claims two shards, and the others go elsewhere', async () => {
    const app = 'hangs-from-start';
    await bed.post('add-spec', {service: app, maxShardCount: 0, maxRecoveryTime: 0});
    const hanging = await bed.container({app});
    hanging.hangsInAdds = true;
    const other = await bed.container({app});
    await bed.until('both are known', async () => {
      const heartbeats = await bed.raw.getAll().prefix(`/sm/app/${app}/hb/`).strings();
      return Object.values(heartbeats).filter((text) => text.includes('"ready"')).length === 2;
    });
    const shards = Array.from({length: 12}, (_, at) => ({shardId: `${app}-${at}`}));
    await bed.post('add-shards', {service: app, shards});
    await bed.until('the others are served', () => other.running.length === 10);
    const there = [...(await bed.rows(app)).values()].filter(
      ({container}) => container === hanging.id,
    );
    expect(there).toHaveLength(2);
    // Nothing that ran was taken from the other to be given to it.
    expect(calls(other, 'drop')).toEqual([]);
    hanging.hangsInAdds = false;
    await bed.until('all are served', () => hanging.running.length + other.running.length === 12);
    expect(bed.doubles).toEqual(new Set());
  });
});

describe('push containers that come back', () => {
  it('with the same id get their shards first, whatever they remember', async () => {
    const first = await settled('again', 4);
    const port = Number(first.id.split(':')[1]);
    const other = await bed.container({app: 'again'});
    await bed.untilSpread(
      'again',
      new Map([
        [first, 2],
        [other, 2],
      ]),
    );
    const mine = first.running.sort();
    await first.die();
    const second = await bed.container({app: 'again', port, remembers: mine});
    await bed.until('the new incarnation', async () => {
      const lease = BigInt(second.leaseId).toString(16);
      const rows = await bed.rows('again');
      return mine.every((id) => rows.get(id)?.incarnation.startsWith(`${lease}-`));
    });
    await bed.untilSpread(
      'again',
      new Map([
        [second, 2],
        [other, 2],
      ]),
    );
    expect(second.running.sort()).toEqual(mine);
    expect(second.received).toEqual([]);
    expect(calls(other, 'drop')).toEqual([]);
    expect(bed.doubles).toEqual(new Set());
  });

  it('under a living id wait for it', async () => {
    const first = await settled('twins', 2);
    const session = `/sm/app/twins/containerhb/${first.id}/ffff`;
    await bed.raw.put(session).value('{"timestamp":1,"shards":[]}');
    const before = await bed.raw.getAll().prefix('/sm/app/twins/hb/').keys();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await bed.raw.getAll().prefix('/sm/app/twins/hb/').keys()).toEqual(before);
    await bed.raw.delete().key(session);
    expect(first.running).toHaveLength(2);
  });
});

describe('daemons', () => {
  it('take over push containers without a call to them', async () => {
    const container = await settled('taken', 3);
    const tokens = [...(await bed.rows('taken')).values()].map(({token}) => token);
    const [old] = bed.daemons;
    await bed.startDaemon();
    container.received.length = 0;
    await old?.shutdown();
    bed.daemons.shift();
    const status = async () => (await bed.raw.get('/sm/app/taken/status').string()) ?? '';
    await bed.until('the new governor', async () =>
      (await status()).includes(bed.daemons[0]?.address ?? '-'),
    );
    await bed.post('add-shard', {service: 'taken', shardId: 'taken-new'});
    await bed.untilSpread('taken', new Map([[container, 4]]));
    expect(container.received.map(({op, id}) => `${op} ${id}`)).toEqual(['add taken-new']);
    const now = [...(await bed.rows('taken')).values()].map(({token}) => token);
    expect(now).toEqual(expect.arrayContaining(tokens));
  });
});
