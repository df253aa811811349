/** What a command loads, file by file: nothing heavy that it does not need, or scripts wait for it at every call. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {BIN} from '../support/cli-process.ts';
import {ownFolder} from '../support/own-folder.ts';

/** Modules as they are loaded by `import`. */
const HOOKS = `
import {appendFileSync} from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.MODULE_LOG, url + '\\n');
  return next(url, context);
}`;
/** And what has come by `require`, at the end. */
const PRELOAD = `
import {createRequire, register} from 'node:module';
import {appendFileSync} from 'node:fs';
register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(HOOKS))});
process.once('exit', () => {
  const {cache} = createRequire('/none.js');
  appendFileSync(process.env.MODULE_LOG, Object.keys(cache).join('\\n'));
});`;

const HEAVY =
  /^(etcd3|@grpc\/.*|fastify|@fastify\/.*|ink|react|react-reconciler|undici|zod|pino|yaml|get-east-asian-width)$/;
const folder = ownFolder('modules');
let daemon: Server;
let server = '';

beforeAll(async () => {
  // All that the commands of this file ask for.
  daemon = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"apps":[],"revision":"1"}');
  });
  daemon.listen(0, '127.0.0.1');
  await once(daemon, 'listening');
  server = `http://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
});
afterAll(() => daemon.close());

/** Paths of all files that the call loads. */
async function filesOf(line: string): Promise<string[]> {
  const log = join(folder, line.replaceAll(/\W/g, '-'));
  const preload = `data:text/javascript,${encodeURIComponent(PRELOAD)}`;
  const env = {...process.env, MODULE_LOG: log, SM_SERVER: server, SM_OUTPUT: ''};
  const child = spawn(process.execPath, ['--import', preload, BIN, ...line.split(' ')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  const [exit] = (await once(child, 'close')) as [number | null];
  expect({line, exit}).toEqual({line, exit: 0});
  const names = readFileSync(log, 'utf8').split('\n');
  return [...new Set(names)]
    .filter((name) => name.startsWith('file:') || name.startsWith('/'))
    .map((name) => (name.startsWith('file:') ? fileURLToPath(name) : name));
}

/** Packages among the files, also those that are bundled into ours: source maps name them. */
function packagesOf(files: readonly string[]): Set<string> {
  const own = files.filter((file) => file.includes('/dist/') && !file.includes('/node_modules/'));
  const bundled = own.flatMap(
    (file) =>
      (JSON.parse(readFileSync(`${file}.map`, 'utf8')) as {sources: readonly string[]}).sources,
  );
  const found = [...files, ...bundled].flatMap((file) => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
    return name === undefined ? [] : [name];
  });
  return new Set(found);
}

async function heavyOf(line: string): Promise<string[]> {
  return [...packagesOf(await filesOf(line))].filter((name) => HEAVY.test(name)).sort();
}

describe('what is loaded', () => {
  it('sees what a command does load', async () => {
    expect(await heavyOf('schema getContainers')).toContain('zod');
    expect(await heavyOf('context ls -o yaml')).toContain('yaml');
  });

  it.each(['app ls --json', 'app get orders --json --help', 'context ls --json', 'help --json'])(
    '%s loads nothing heavy',
    async (line) => {
      expect(await heavyOf(line)).toEqual([]);
    },
  );

  it('--version loads nothing but the entry', async () => {
    expect(await filesOf('--version')).toEqual([BIN]);
  });
});
