/** Every route of the table with every role and with tokens that are limited to apps. */
import {afterEach, describe, expect, it} from 'vitest';
import {ROLES, mayDo} from '../../../src/model/access.ts';
import {createToken} from '../../../src/config/token-line.ts';
import {adminRoutes} from '../../../src/protocol/admin.ts';
import type {AdminOperation, AdminRoute, MoveEvent} from '../../../src/protocol/admin.ts';
import {fixture, listen} from './fixture.ts';
import type {Fixture} from './fixture.ts';
import {FAILED_LOGINS_AT_ONCE} from '../../../src/server/http/limits.ts';

let http: Fixture | undefined;
afterEach(() => http?.server.close());

const OWN = 'orders-eu';
const FOREIGN = 'search';
const made = await Promise.all(
  ROLES.flatMap((role) => [
    createToken(role, role, 'all'),
    createToken(`${role}-o`, role, ['orders-*']),
  ]),
);
const tokens = new Map(made.map(({token, line}) => [line.split(' ')[0] ?? '', token]));
const lines = made.map(({line}) => line);
const operations = Object.entries(adminRoutes) as [AdminOperation, AdminRoute][];
const guarded = operations.filter(([name]) => name !== 'health');

/** Enough of a request to pass its schema; of the fields that many have. */
const FIELDS: Readonly<Record<string, unknown>> = {
  ...{
    shardId: 's',
    workerGroup: 'w',
    worker: 'c',
    container: 'c',
    confirm: 'sm',
    content: 'a'.repeat(64),
  },
  ...{kind: 'app', for: 'exists', view: 'apps', done: true, since: '2026-01-01T00:00:00Z'},
  ...{shards: [{shardId: 's'}], containers: ['c'], holder: 'h'},
};

function inputFor({request}: AdminRoute, service: string): Record<string, unknown> {
  const shape = 'shape' in request ? Object.keys(request.shape as object) : [];
  const wanted = {...FIELDS, service};
  const given = Object.entries(wanted).filter(([field]) => shape.includes(field));
  for (const dropped of [[], ['shards'], ['view'], ['container'], ['shards', 'containers']]) {
    const input = Object.fromEntries(given.filter(([field]) => !dropped.includes(field)));
    if (request.safeParse(input).success) return input;
    if (dropped[0] === 'shards') {
      const named = {...input, shards: ['s']};
      if (request.safeParse(named).success) return named;
    }
  }
  throw new Error(
    `no request for ${JSON.stringify(shape)}: ${request.safeParse(Object.fromEntries(given)).error?.message}`,
  );
}

async function call(route: AdminRoute, service: string, who: string): Promise<number> {
  const input = inputFor(route, service);
  const query = new URLSearchParams(
    Object.entries(input).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const headers = {host: 'localhost', authorization: `Bearer ${tokens.get(who) ?? who}`};
  const server = http!.server;
  const reply =
    route.method === 'GET'
      ? await server.inject({url: `${route.path}?${query}`, headers})
      : await server.inject({
          ...{method: 'POST', url: route.path, payload: input},
          headers: {...headers, 'content-type': 'application/json'},
        });
  return reply.statusCode;
}

describe('each route names the right that it needs', () => {
  it('and nobody gets further, with any role', async () => {
    http = fixture({tokens: () => lines, allowedHosts: ['localhost']});
    for (const [operation, route] of guarded)
      for (const role of ROLES) {
        const before = http.calls.length;
        const status = await call(route, OWN, role);
        const allowed = mayDo(role, route.right);
        expect([operation, role, status === 403]).toEqual([operation, role, !allowed]);
        if (!allowed) expect(http.calls).toHaveLength(before);
      }
  });

  it('what changes something is never for view, what decides for the cluster is for admin', () => {
    for (const [operation, {changes, right}] of operations)
      expect([operation, right === 'view']).toEqual([operation, changes === 'nothing']);
    for (const operation of ['addSpec', 'delSpec', 'acceptRestore'] as const)
      expect(adminRoutes[operation].right).toBe('admin');
  });

  it('a token that is limited to apps reaches these, and nothing of the whole cluster', async () => {
    http = fixture({tokens: () => lines, allowedHosts: ['localhost']});
    for (const [operation, route] of guarded) {
      const names = 'service' in (route.request as unknown as {shape: object}).shape;
      expect([operation, names || route.scope !== 'app']).toEqual([operation, true]);
      const own = await call(route, OWN, 'admin-o');
      expect([operation, own === 403]).toEqual([operation, route.scope === 'cluster']);
      const before = http.calls.length;
      const foreign = await call(route, FOREIGN, 'admin-o');
      expect([operation, foreign === 403]).toEqual([operation, names || route.scope === 'cluster']);
      if (names) expect(http.calls).toHaveLength(before);
    }
    const metrics = {
      url: '/metrics',
      headers: {host: 'localhost', authorization: `Bearer ${tokens.get('admin-o')}`},
    };
    expect((await http.server.inject(metrics)).statusCode).toBe(403);
  });
});

describe('logins', () => {
  it.each([
    ['', 'an administrator makes one'],
    ['Bearer guess', 'it was revoked'],
  ])('with %j say what leads to a valid token', async (authorization, hint) => {
    http = fixture({tokens: () => lines, allowedHosts: ['localhost']});
    const headers = {host: 'localhost', ...(authorization && {authorization})};
    const answer = await http.server.inject({url: '/metrics', headers});
    expect(answer.statusCode).toBe(401);
    expect(answer.body).toContain(hint);
    expect(answer.body).toContain('sm token create NAME --role ROLE');
  });

  it('that fail are limited by address, and who has logged in before goes on', async () => {
    http = fixture({tokens: () => lines, allowedHosts: ['localhost']});
    expect(await call(adminRoutes.status, OWN, 'view')).toBe(200);
    const statuses: number[] = [];
    for (let count = 0; count < FAILED_LOGINS_AT_ONCE + 5; count += 1)
      statuses.push(await call(adminRoutes.status, OWN, `guess-${count}`));
    expect(statuses.filter((status) => status === 401)).toHaveLength(FAILED_LOGINS_AT_ONCE);
    expect(statuses.at(-1)).toBe(429);
    expect(await call(adminRoutes.status, OWN, 'view')).toBe(200);
    // Whoever has not logged in yet waits, with the right token, too: else guessing would not be limited.
    expect(await call(adminRoutes.status, OWN, 'operate')).toBe(429);
    // One line in the log for each caller and reason.
    const reported = http.logged.filter(({message}) => message === 'a call was refused');
    expect(reported.map(({fields}) => (fields as {code: string}).code)).toEqual([
      'UNAUTHENTICATED',
      'RATE_LIMITED',
    ]);
  });

  it('refused calls are counted, and told as counts without any token', async () => {
    const reported: unknown[] = [];
    const server = fixture({
      tokens: () => lines,
      allowedHosts: ['localhost'],
      refused: (counts) => void reported.push(...counts),
    });
    http = server;
    for (let count = 0; count < 3; count += 1) await call(adminRoutes.addSpec, OWN, 'view');
    for (let count = 0; count < 2; count += 1) await call(adminRoutes.status, OWN, 'x'.repeat(43));
    await call(adminRoutes.getApp, FOREIGN, 'view-o');
    await server.server.close();
    const from = '127.0.0.1';
    expect(reported).toEqual([
      {who: 'view', from, code: 'FORBIDDEN', count: 3},
      {who: '', from, code: 'UNAUTHENTICATED', count: 2},
      {who: 'view-o', from, code: 'FORBIDDEN', count: 1},
    ]);
    expect(JSON.stringify(server.logged)).not.toContain('x'.repeat(43));
  });
});

describe('a revoked token', () => {
  it('has its open streams ended, and those of others go on', async () => {
    let valid = lines;
    let changed = (): void => undefined;
    http = fixture({
      ...{tokens: () => valid, allowedHosts: ['127.0.0.1', 'localhost']},
      onTokensChanged: (listener) => void (changed = listener),
    });
    let goOn = (): void => undefined;
    const later = new Promise<void>((resolve) => (goOn = resolve));
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      yield {type: 'hello', revision: '1'};
      await later;
      yield {type: 'hello', revision: '2'};
      await new Promise(() => undefined);
    };
    const port = await listen(http.server);
    const open = async (who: string) => {
      const url = `http://127.0.0.1:${port}/sm/server/moves/stream?service=${OWN}`;
      const reply = await fetch(url, {headers: {authorization: `Bearer ${tokens.get(who)}`}});
      const reader = reply.body!.getReader();
      await reader.read();
      return reader;
    };
    const [revoked, other] = [await open('view'), await open('operate')];
    valid = lines.filter((line) => !line.startsWith('view '));
    changed();
    expect((await revoked.read()).done).toBe(true);
    goOn();
    const {value} = await other.read();
    expect(Buffer.from(value ?? []).toString()).toContain('"revision":"2"');
    expect(await call(adminRoutes.movesStream, OWN, 'view')).toBe(401);
    await other.cancel();
  });
});
