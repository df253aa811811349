/** What `npm pack` ships, unpacked elsewhere and used from another folder, as somebody who installed it does. */
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freePorts} from '../support/free-ports.ts';
import {LONG_MS, until} from '../support/until.ts';

const run = promisify(execFile);
const PROJECT = resolve(import.meta.dirname, '../..');
let folder: string;
let elsewhere: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sm-package-'));
  elsewhere = mkdtempSync(join(tmpdir(), 'sm-elsewhere-'));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: PROJECT});
  const [tarball = ''] = readdirSync(folder);
  await run('tar', ['-xzf', tarball], {cwd: folder});
  for (const path of installed()) {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    symlinkSync(join(PROJECT, path), join(folder, path));
  }
  symlinkSync(join(folder, 'package'), join(folder, 'node_modules/sm-shard-manager'));
  symlinkSync(join(folder, 'package/bin/run.js'), join(elsewhere, 'sm'));
});
afterAll(() => {
  for (const path of [folder, elsewhere]) rmSync(path, {recursive: true, force: true});
});

const INSTALLED_LIMIT_BYTES = 25e6;

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** What `npm install` puts beside the package, by the lock file: paths below node_modules, outermost only. */
function installed(): string[] {
  const {packages} = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages)
    .filter(([path, {dev, devOptional}]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules') === 0);
}

/** A source line as it is printed with an error that nobody catches. */
const READABLE_CHARACTERS = 1_000;

/** Of all files below the folder, as `du --apparent-size` counts them. */
function bytesOf(path: string): number {
  return readdirSync(path, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Runs a program beside the installed package. */
async function node(...args: string[]): Promise<string> {
  return (await run(process.execPath, args, {cwd: folder})).stdout.trim();
}

/** Without what stands there as code. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/`[^`]*`/g, '');
}

/** What the document says that esbuild has to leave outside. */
function externalsOf(document: string): string[] {
  const text = readFileSync(join(folder, 'package', document), 'utf8');
  return [...text.matchAll(/--external:(\S+)/g)].map(([, name = '']) => name);
}

async function sm(...args: string[]): Promise<string> {
  return (await run(join(elsewhere, 'sm'), args, {cwd: elsewhere})).stdout;
}

describe('the package', () => {
  it('runs by a link from any folder', async () => {
    expect(await sm('--version')).toMatch(/^sm-shard-manager\/\d/);
    expect(JSON.parse(await sm('version', '--json'))).toMatchObject({kind: 'Version'});
    expect(await sm('shard', 'add', '--help')).toContain('EXAMPLES');
  });

  it('says what is missing where nothing was built', async () => {
    const bare = join(folder, 'bare');
    mkdirSync(join(bare, 'bin'), {recursive: true});
    copyFileSync(join(PROJECT, 'bin/run.js'), join(bare, 'bin/run.js'));
    writeFileSync(join(bare, 'package.json'), '{"type": "module"}');
    await expect(run(process.execPath, [join(bare, 'bin/run.js'), 'status'])).rejects.toMatchObject(
      {
        code: 1,
        stderr: 'sm: this checkout has not been built\nfix: npm ci && npm run build\n',
      },
    );
  });

  it('takes at most 25 MB with all that is installed beside it', () => {
    const paths = installed();
    expect(paths).toContain('node_modules/etcd3');
    const others = paths.map((path) => bytesOf(join(PROJECT, path)));
    const all = others.reduce((sum, size) => sum + size, bytesOf(join(folder, 'package')));
    expect(all).toBeLessThan(INSTALLED_LIMIT_BYTES);
  });

  it('has the licences of all that is in its bundles', () => {
    const text = readFileSync(join(folder, 'package/dist/THIRD-PARTY-LICENSES'), 'utf8');
    const parts = text.split(/^== (?=.+ \(.+\)$)/m).slice(1);
    for (const name of ['fastify', 'zod', 'ink', '@oclif/core', 'undici', '@fastify/swagger-ui'])
      expect(parts.some((part) => part.startsWith(`${name} `))).toBe(true);
    for (const part of parts)
      expect(part).toMatch(/permission|redistribution|licensed under|public domain/i);
  });
});

describe('programs', () => {
  it('that catch no error of ours get lines that can be read: no source line is all of a bundle', async () => {
    const program = `import {joinApp} from 'sm-shard-manager'; await joinApp({app: 'a', endpoints: []}, {add() {}, drop() {}});`;
    const failed = await run(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
    }).catch(({stderr}: {stderr: string}) => stderr);
    expect(failed).toContain('endpoints is empty');
    const longest = Math.max(
      ...String(failed)
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThan(READABLE_CHARACTERS);
  });

  it('get the SDK and the typed admin client', async () => {
    const names = (path: string): Promise<string> =>
      node(
        '--input-type=module',
        '-e',
        `const m = await import('${path}'); console.log(Object.keys(m).join())`,
      );
    expect(await names('sm-shard-manager')).toContain('joinApp');
    expect(await names('sm-shard-manager/admin')).toContain('AdminClient');
  });

  it.each(['esm', 'cjs'] as const)('take it into their bundles: %s', async (format) => {
    const outfile = join(folder, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`);
    const contents = `
      import {joinApp} from 'sm-shard-manager';
      import {AdminClient} from 'sm-shard-manager/admin';
      joinApp({app: 'orders', endpoints: ['127.0.0.1:1']}, {add() {}, drop() {}}).catch((error) => {
        console.log(error.code, typeof AdminClient);
      });`;
    const {warnings} = await build({
      ...{stdin: {contents, resolveDir: folder}, outfile, format, logLevel: 'silent'},
      ...{bundle: true, platform: 'node', target: 'node20'},
      external: externalsOf('docs/sdk.md'),
    });
    expect(warnings).toEqual([]);
    expect(await node(outfile)).toBe('STORE_UNAVAILABLE function');
  });

  it.each([
    // The declarations themselves are checked once: they are the same files, and it takes much longer.
    ['nodenext', ['--module', 'nodenext', '--skipDefaultLibCheck']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler', '--skipLibCheck']],
  ])('have declarations that need nothing else: %s', async (_resolution, modules) => {
    const program = join(folder, 'program.ts');
    writeFileSync(
      program,
      `import {joinApp, type Container, type Logger, type StopReason} from 'sm-shard-manager';
       import {AdminClient, type AdminAnswer} from 'sm-shard-manager/admin';
       export const reasons: StopReason[] = ['moved', 'fenced'];
       export type Answer = AdminAnswer<'getShards'>['shards'][number]['state'];
       // @ts-expect-error a state that there is not: the types are more than any
       export const wrong: Answer = 'nonsense';
       export async function main(logger: Logger): Promise<Container> {
         await new AdminClient({server: 'http://localhost:8801'}).call('getApps', {});
         return joinApp({app: 'a', endpoints: [], logger}, {add() {}, drop() {}});
       }`,
    );
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const flags = ['--noEmit', ...strict, ...modules, '--target', 'es2022'];
    const types = ['--typeRoots', join(PROJECT, 'node_modules/@types'), '--types', 'node'];
    expect(await node(tsc, ...flags, ...types, program)).toBe('');
  });
});

describe('what is shipped', () => {
  it('runs a daemon with its page, and containers, on what is installed beside it', async () => {
    const [port = 0] = await freePorts(1);
    const args = ['dev', '--containers', '2', '--shards', '4', '--port', `${port}`];
    const child = spawn(join(elsewhere, 'sm'), [...args, '--store-port', '0'], {cwd: elsewhere});
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, 'close');
    try {
      const get = (path: string): Promise<string> =>
        fetch(`http://127.0.0.1:${port}${path}`).then((answer) => (answer.ok ? answer.text() : ''));
      const isReady = async (): Promise<boolean> =>
        (await get('/metrics').catch(() => '')).includes('state="ready"} 4');
      await until(isReady, LONG_MS, () => `four shards are ready: ${output}`);
      expect(await get('/swagger/')).toContain('swagger-ui-bundle.js');
      expect(await get('/swagger/static/swagger-ui-bundle.js')).toContain('SwaggerUIBundle');
      expect(await get('/openapi.json')).toContain('addShards');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
  });

  it('has no document with a link to what is not in it', () => {
    const root = join(folder, 'package');
    const documents = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter(
      (file) => file.endsWith('.md') && !file.startsWith('dist'),
    );
    const dead = documents.flatMap((document) =>
      [...proseOf(join(root, document)).matchAll(/\]\(([^)#\s]+)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !existsSync(join(root, dirname(document), link)))
        .map((link) => `${document}: ${link}`),
    );
    expect(documents).toContain('README.md');
    expect(documents).toContain('docs/alarms/STUCK.md');
    expect(dead).toEqual([]);
  });

  it('ships no test and no source', () => {
    expect(readdirSync(join(folder, 'package')).sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'MIGRATION.md',
      'README.md',
      'SECURITY.md',
      'bin',
      'dist',
      'docs',
      'examples',
      'monitoring',
      'oclif.manifest.json',
      'package.json',
      'sample.yml',
    ]);
    expect(readdirSync(join(folder, 'package/bin'))).toEqual(['run.js']);
  });

  it('has a bill of materials, and no maps without their sources', () => {
    const files = readdirSync(join(folder, 'package'), {recursive: true, encoding: 'utf8'});
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    const bill = readFileSync(join(folder, 'package/dist/sbom.cdx.json'), 'utf8');
    const {bomFormat, components} = JSON.parse(bill) as {
      bomFormat: string;
      components: {name: string}[];
    };
    expect(bomFormat).toBe('CycloneDX');
    // One that is inside of the bundles, one that is installed beside them.
    expect(components.map(({name}) => name)).toEqual(
      expect.arrayContaining(['fastify', 'etcd3']) as string[],
    );
  });
});
