/** Where daemons reach a container, and the id that it takes from there. */
import {createServer as createWebServer} from 'node:http';
import {connect, createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, it} from 'vitest';
import {joinApp} from '../../src/container/index.ts';
import type {Container, HintHandler, JoinOptions} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {clusterOfFile, shardIds} from '../support/cluster.ts';
import {freePorts} from '../support/free-ports.ts';

const cluster = clusterOfFile();
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const noHooks = {add: () => undefined, drop: () => undefined};

/** A container that is given no id. */
async function joinUnnamed(app: string, options: Partial<JoinOptions> = {}): Promise<Container> {
  const {id: _, ...others} = await cluster().joinOptions(app, 'none', options);
  const container = await joinApp({logger: silentLogger, ...others}, noHooks);
  closers.push(() => container.abandon());
  void container.ended.catch(() => undefined);
  await container.ready;
  return container;
}

/** Forwards connections as a port of a host is forwarded into its container. */
async function forwardTo(port: number): Promise<{port: number; connections(): number}> {
  let connections = 0;
  const server = createServer((outside) => {
    connections += 1;
    const inside = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return {port: (server.address() as AddressInfo).port, connections: () => connections};
}

describe('a container that is reached by another port than the one it listens on', () => {
  it('is called at what it advertises', async () => {
    await cluster().createApp('forwarded');
    await cluster().addShards('forwarded', ['s0']);
    const [port = 0] = await freePorts(1);
    const forwarded = await forwardTo(port);
    const advertise = `127.0.0.1:${forwarded.port}`;
    const container = await joinUnnamed('forwarded', {port, advertise});
    expect([container.endpoint, container.id]).toEqual([advertise, advertise]);
    await cluster().settled('forwarded');
    expect([...container.shards.keys()]).toEqual(['s0']);
    expect(forwarded.connections()).toBeGreaterThan(0);
  });
});

describe('containers that are attached to one server', () => {
  it('are all called there, whichever handler is asked first, also after one has left', async () => {
    await cluster().createApp('attached');
    const handlers: HintHandler[] = [];
    const server = createWebServer((request, response) => {
      if (!handlers.some((handler) => handler(request, response))) response.end('mine');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    closers.push(() => Promise.resolve(server.closeAllConnections()));
    const {port} = server.address() as AddressInfo;
    const joined = async (id: string): Promise<Container> => {
      const container = await cluster().join('attached', id, {}, {attach: true, port});
      handlers.push(container.handler);
      return container;
    };
    const probe = (): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(({status}) => status);
    const first = await joined('c1');
    const second = await joined('c2');
    await cluster().addShards('attached', shardIds(4));
    await cluster().settled('attached');
    expect([first.shards.size, second.shards.size]).toEqual([2, 2]);
    expect(await probe()).toBe(200);
    await first.leave();
    await cluster().settled('attached');
    expect(second.shards.size).toBe(4);
    expect(await probe()).toBe(200);
    await second.leave();
    expect(await probe()).toBe(503);
    const third = await joined('c3');
    await cluster().settled('attached');
    expect(third.shards.size).toBe(4);
    expect(await probe()).toBe(200);
  });
});

describe('containers of one process without an id', () => {
  it('have an id each, as each has a port', async () => {
    await cluster().createApp('unnamed');
    const both = [await joinUnnamed('unnamed'), await joinUnnamed('unnamed')];
    const ids = both.map(({id}) => id);
    expect(new Set(ids).size).toBe(2);
    expect(both.map(({endpoint}) => endpoint)).toEqual(ids);
    await cluster().addShards('unnamed', shardIds(4));
    await cluster().settled('unnamed');
    expect(new Set((await cluster().placement('unnamed')).values())).toEqual(new Set(ids));
  });

  it('are refused at once where they ask for one address, until the first has left', async () => {
    await cluster().createApp('fixed');
    await cluster().createApp('other');
    const [port = 0] = await freePorts(1);
    const first = await joinUnnamed('fixed', {port});
    await expect(joinUnnamed('fixed', {port})).rejects.toMatchObject({
      code: 'ID_TAKEN',
      message: `container ${first.id} of app fixed runs in this process already`,
      hint: expect.stringContaining('an id of its own') as string,
    });
    expect((await joinUnnamed('other', {port})).id).toBe(first.id);
    await first.leave();
    expect((await joinUnnamed('fixed', {port})).id).toBe(first.id);
  });
});
