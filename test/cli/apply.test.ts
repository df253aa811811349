/** Carrying files out, by the code of `sm apply` against the admin API over the memory store. */
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {applyApp, applyApps, exported} from '../../src/cli/apps-apply.ts';
import type {ApplyOptions, AppliedApp} from '../../src/cli/apps-apply.ts';
import {failureOf} from '../../src/cli/failure-report.ts';
import {parseApps} from '../../src/config/apps-file.ts';
import {printApps} from '../../src/config/apps-print.ts';
import {APPLY_MARKER_TTL_MS} from '../../src/protocol/admin.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import {fixture, listen} from '../server/http/fixture.ts';
import type {Fixture} from '../server/http/fixture.ts';
import {NOW_MS, World} from '../server/admin/fixture.ts';

const CONFLICT_EXIT = 4;
const MEMBERS = Array.from({length: 30}, (_, index) => `c${String(index + 10)}`);
const FULL = `apps:
  - name: orders
    maxRecoveryTime: 5
    workerGroups: {gpu: [${MEMBERS.join(', ')}]}
    shards: [a, {id: b, task: "x\\u202ey", group: g}, {range: "r{01..20}", pin: c10}]
`;
const LESS =
  'apps: [{name: orders, maxRecoveryTime: 5, workerGroups: {gpu: [c10]}, shards: [a]}]\n';

let world: World;
let http: Fixture;
let client: AdminClient;
let nowMs: number;

async function begin(): Promise<void> {
  nowMs = NOW_MS;
  world = new World({wallMs: () => nowMs});
  http = fixture({admin: createAdminHandlers(world.dependencies)});
  client = new AdminClient({server: `http://127.0.0.1:${await listen(http.server)}`});
}

async function end(): Promise<void> {
  client.close();
  await http.server.close();
}

beforeEach(begin);
afterEach(end);

function apply(text: string, over: Partial<ApplyOptions> = {}): Promise<AppliedApp> {
  const [app] = parseApps([{file: 'apps.yml', text}]);
  if (app === undefined) throw new Error('the file names no app');
  const {signal} = new AbortController();
  const options = {prune: false, dryRun: false, reason: '', ifRevision: undefined, signal};
  return applyApp(client, app, {...options, onProgress: () => undefined, ...over});
}

/** Begins and is cut off when so many objects are done, as by Ctrl-C. */
async function cutOff(text: string, steps: number, over: Partial<ApplyOptions> = {}) {
  const stop = new AbortController();
  const onProgress = (done: number): void => {
    if (done >= steps) stop.abort();
  };
  await expect(apply(text, {...over, signal: stop.signal, onProgress})).rejects.toThrow(/abort/i);
}

async function exportText(): Promise<string> {
  const answer = await exported(client, 'orders');
  if (answer === undefined) throw new Error('there is no app');
  return printApps([{name: 'orders', revision: answer.specRevision, ...answer.app}]);
}

async function exitOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 0,
    (error: unknown) => failureOf(error).exit,
  );
}

async function count(): Promise<{shards: number; members: number}> {
  const {shards = [], workerGroups = {}} = (await exported(client, 'orders'))?.app ?? {};
  return {shards: shards.length, members: Object.values(workerGroups).flat().length};
}

it('counts the app among what is updated where only its limits or its policy differ', async () => {
  await apply('apps: [{name: orders, maxMoving: 3, shards: [a]}]');
  const other = 'apps: [{name: orders, maxMoving: 4, shards: [a]}]';
  const same = {added: 0, removed: 0, members: 0};
  expect(await apply(other)).toMatchObject({result: 'configured', updated: 1, ...same});
  expect(await apply(other)).toMatchObject({result: 'unchanged', updated: 0, ...same});
});

describe('apply', () => {
  it('makes an app what the file says, and has nothing to do the second time', async () => {
    expect(await apply(FULL, {dryRun: true})).toMatchObject({result: 'created'});
    expect(await exported(client, 'orders')).toBeUndefined();
    expect(await apply(FULL)).toMatchObject({result: 'created', added: 22, members: 30, failed: 0});
    const {revision} = await world.memory.get('nothing');
    expect(await apply(FULL)).toMatchObject({result: 'unchanged', added: 0});
    expect((await world.memory.get('nothing')).revision).toBe(revision);
  });

  it('exports what it accepts, byte for byte, also on another store', async () => {
    await apply(FULL);
    const text = await exportText();
    expect(text).not.toContain('\u202e');
    expect(await apply(text)).toMatchObject({result: 'unchanged'});
    expect(await exportText()).toBe(text);
    await end();
    await begin();
    await apply(text);
    const plain = (printed: string): string => printed.replace(/revision: .*/, '');
    expect(plain(await exportText())).toBe(plain(text));
  });

  it('cut off half way, goes on when it is repeated', async () => {
    await cutOff(FULL, 10);
    const half = await count();
    expect(half.members).toBeGreaterThan(0);
    expect(half.members).toBeLessThan(MEMBERS.length);
    expect(await apply(FULL)).toMatchObject({resumed: true, failed: 0});
    expect(await count()).toEqual({shards: 22, members: MEMBERS.length});
    // Done as a whole: the next one is not a repetition.
    expect(await apply(LESS, {prune: true})).toMatchObject({resumed: false});
  });

  it('goes on with its --if-revision although its own first half has moved the revision', async () => {
    await apply(LESS);
    const ifRevision = (await exported(client, 'orders'))?.specRevision;
    await cutOff(FULL, 10, {ifRevision});
    expect((await exported(client, 'orders'))?.specRevision).not.toBe(ifRevision);
    expect(await apply(FULL, {ifRevision})).toMatchObject({resumed: true, failed: 0});
    expect(await count()).toEqual({shards: 22, members: MEMBERS.length});
  });

  it('is refused while another file is being applied, until that one is surely dead', async () => {
    await apply(LESS);
    const other = {service: 'orders', content: 'f'.repeat(64), dryRun: false};
    await client.call('beginApply', other);
    expect(await exitOf(apply(FULL))).toBe(CONFLICT_EXIT);
    expect(await count()).toEqual({shards: 1, members: 1});
    nowMs += APPLY_MARKER_TTL_MS + 1;
    expect(await apply(FULL)).toMatchObject({result: 'configured', resumed: false});
  });
});

describe('apply of what is refused in part', () => {
  it('of several apps: one that is refused does not keep the others from being applied', async () => {
    await apply(LESS);
    const other = {service: 'orders', content: 'f'.repeat(64), dryRun: false};
    await client.call('beginApply', other);
    const apps = parseApps([
      {file: 'apps.yml', text: FULL},
      {file: 'more.yml', text: 'apps:\n  - name: zebra\n    shards: [a, b]\n'},
    ]);
    const {signal} = new AbortController();
    const options = {prune: false, dryRun: false, reason: '', ifRevision: undefined, signal};
    const applied = await applyApps(client, apps, {...options, onProgress: () => undefined});
    expect(applied.map(({name, result, failed}) => [name, result, failed])).toEqual([
      ['orders', 'failed', 1],
      ['zebra', 'created', 0],
    ]);
    expect(applied[0]?.errors).toEqual([
      {object: 'app/orders', error: expect.any(String) as string},
    ]);
  });

  it('is refused at a stale revision, writes nothing, and leaves no lock', async () => {
    await apply(LESS);
    const ifRevision = (await exported(client, 'orders'))?.specRevision;
    await client.call('addShard', {service: 'orders', shardId: 'meanwhile'});
    const before = await exportText();
    expect(await exitOf(apply(FULL, {ifRevision}))).toBe(CONFLICT_EXIT);
    expect(await exitOf(apply(FULL, {ifRevision, dryRun: true}))).toBe(CONFLICT_EXIT);
    expect(await exportText()).toBe(before);
    const fresh = (await exported(client, 'orders'))?.specRevision;
    expect(await apply(FULL, {ifRevision: fresh})).toMatchObject({result: 'configured'});
  });

  it('ends at the first call that fails, and lets the marker go when none is under way', async () => {
    const real = client;
    const calls: string[] = [];
    const failing = async (operation: 'addWorker', input: never): Promise<unknown> => {
      calls.push(`${operation} begins`);
      if (operation === 'addWorker' && calls.length > 10) throw new Error('one member');
      const answer = await real.call(operation, input);
      calls.push(`${operation} ends`);
      return answer;
    };
    client = Object.assign(Object.create(real) as AdminClient, {call: failing});
    await expect(apply(FULL)).rejects.toThrow('one member');
    const members = calls.filter((call) => call === 'addWorker begins').length;
    expect(members).toBeLessThan(MEMBERS.length);
    const lastMember = calls.lastIndexOf('addWorker ends');
    expect(calls.indexOf('endApply begins')).toBeGreaterThan(lastMember);
    expect(lastMember).toBeGreaterThan(0);
  });

  it('counts the shards that it has added, and says what should be known of them', async () => {
    await apply('apps: [{name: orders, shards: [a]}]\n');
    const real = client;
    // Somebody else adds one of them meanwhile, and means another one by it.
    const late = async (operation: 'addShards', input: never): Promise<unknown> => {
      const other = {service: 'orders', shardId: 'b', task: 'other'};
      if (operation === 'addShards') await real.call('addShard', other);
      return real.call(operation, input);
    };
    client = Object.assign(Object.create(real) as AdminClient, {call: late});
    const applied = await apply('apps: [{name: orders, shards: [a, b, c/../d]}]\n');
    expect(applied).toMatchObject({result: 'configured', added: 1, failed: 1});
    expect(applied.errors.map(({object}) => object)).toEqual(['shard/b']);
    expect(applied.warnings).toEqual([
      {object: 'shard/c/../d', warning: expect.stringContaining('push containers never') as string},
    ]);
  });

  it('leaves alone what the file does not name, and removes it with prune', async () => {
    await apply(FULL);
    expect(await apply(LESS)).toMatchObject({result: 'unchanged', unmanaged: 50, removed: 0});
    expect(await apply(LESS, {prune: true, dryRun: true})).toMatchObject({removed: 21});
    expect(await count()).toEqual({shards: 22, members: MEMBERS.length});
    expect(await apply(LESS, {prune: true})).toMatchObject({removed: 21, unmanaged: 0});
    expect(await count()).toEqual({shards: 1, members: 1});
  });
});

describe('apply to an app that is being removed', () => {
  it('is refused, also where there is nothing to change', async () => {
    await apply(FULL);
    await client.call('delSpec', {service: 'orders', force: true});
    await expect(apply(FULL)).rejects.toMatchObject({code: 'APP_DELETING'});
    const apps = parseApps([
      {file: 'apps.yml', text: FULL},
      {file: 'more.yml', text: 'apps: [{name: zebra, shards: [a]}]'},
    ]);
    const {signal} = new AbortController();
    const options = {prune: false, dryRun: false, reason: '', ifRevision: undefined, signal};
    const applied = await applyApps(client, apps, {...options, onProgress: () => undefined});
    expect(applied.map(({name, result}) => [name, result])).toEqual([
      ['orders', 'failed'],
      ['zebra', 'created'],
    ]);
  });
});

describe('apply --prune of apps that were confirmed by name', () => {
  it('removes nothing from another app to which something has been added meanwhile', async () => {
    await apply(LESS);
    const prune = {prune: true, confirmed: new Set(['search'])};
    expect(await apply(LESS, prune)).toMatchObject({result: 'unchanged', failed: 0});
    await client.call('addShard', {service: 'orders', shardId: 'meanwhile'});
    const {removed, unmanaged, failed, errors} = await apply(LESS, prune);
    expect({removed, unmanaged, failed}).toEqual({removed: 0, unmanaged: 1, failed: 1});
    expect(errors).toEqual([
      {object: 'app/orders', error: expect.stringContaining('add --confirm orders') as string},
    ]);
    expect(await count()).toEqual({shards: 2, members: 1});
    const confirmed = new Set(['search', 'orders']);
    expect(await apply(LESS, {...prune, confirmed})).toMatchObject({removed: 1, failed: 0});
  });
});

describe('apply of a new app with --if-revision 0', () => {
  const ifRevision = '0';

  it('cut off half way, goes on when it is repeated', async () => {
    await cutOff(FULL, 10, {ifRevision});
    expect(await apply(FULL, {ifRevision})).toMatchObject({resumed: true, failed: 0});
    expect(await count()).toEqual({shards: 22, members: MEMBERS.length});
  });

  it('does not take itself for another apply when it takes long', async () => {
    let passedMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => passedMs);
    // Between two calls, not amid one: those have a limit.
    const onProgress = (): void => void (passedMs += 20_000);
    try {
      const applied = await apply(FULL, {ifRevision, onProgress});
      expect(applied).toMatchObject({result: 'created', failed: 0});
      expect(passedMs).toBeGreaterThan(APPLY_MARKER_TTL_MS);
    } finally {
      clock.mockRestore();
    }
  });

  it('is refused where the app is there already, and leaves no lock', async () => {
    await apply(LESS);
    expect(await exitOf(apply(FULL, {ifRevision}))).toBe(CONFLICT_EXIT);
    expect(await exitOf(apply(FULL, {ifRevision, dryRun: true}))).toBe(CONFLICT_EXIT);
    expect(await count()).toEqual({shards: 1, members: 1});
    expect(await apply(FULL)).toMatchObject({result: 'configured', resumed: false});
  });
});

describe('apply of a change beside an order that ends by itself', () => {
  const HOUR_MS = 3_600_000;
  const file = (over: string, task: string): string =>
    `apps: [{name: orders, paused: true, ${over} shards: [{id: a, pin: c1, task: ${task}}]}]\n`;

  it('leaves its end as it is: a pause, and a pin', async () => {
    await apply(file('', 'one'));
    const service = 'orders';
    await client.call('updateSpec', {service, paused: true, pauseForMs: HOUR_MS});
    const pin = {manualContainerId: 'c1', pinForMs: HOUR_MS};
    await client.call('updateShard', {service, shardId: 'a', ...pin});
    const until = new Date(NOW_MS + HOUR_MS).toISOString();
    expect(await apply(file('maxMoving: 2,', 'two'), {reason: 'release 7'})).toMatchObject({
      result: 'configured',
      updated: 2,
    });
    const {app} = await client.call('getApp', {service});
    expect(app).toMatchObject({maxMoving: 2, pause: {until}});
    const {shards} = await client.call('getShards', {service});
    expect(shards).toMatchObject([{task: 'two', pinned: {until}}]);
  });
});
