/** What `npm pack` ships, unpacked elsewhere and used from another folder, as somebody who installed it does. */
import {execFile} from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

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
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(folder, 'package/bin/run.js'), join(elsewhere, 'sm'));
});
afterAll(() => {
  for (const path of [folder, elsewhere]) rmSync(path, {recursive: true, force: true});
});

/** Without what stands there as code. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/`[^`]*`/g, '');
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

  it('gives the SDK and the typed admin client to programs', async () => {
    const names = async (path: string): Promise<string> => {
      const program = `const m = await import('${join(folder, 'package', path)}'); console.log(Object.keys(m).join())`;
      return (await run(process.execPath, ['--input-type=module', '-e', program])).stdout;
    };
    expect(await names('dist/container/index.js')).toContain('joinApp');
    expect(await names('dist/admin/index.js')).toContain('AdminClient');
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
});
