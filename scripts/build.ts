/**
 * What ships: declarations by tsc, ESM bundles with splitting by esbuild, every command an entry, so that a command loads
 * what it needs and nothing else. The gRPC packages load .proto files by path and stay outside. ink and react go in: as
 * some hundred files they need twice as long to load as as one.
 */
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {Plugin} from '@oclif/core';
import {build} from 'esbuild';
import type {Plugin as BuildPlugin} from 'esbuild';

const OUT = 'dist';
const MANIFEST = 'oclif.manifest.json';

function commandFiles(folder: string): string[] {
  return readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const BUNDLED = new Set(['@oclif/core', 'ink', 'react', 'string-width', 'zod']);
/** Only for development, and not installed. */
const NEVER_LOADED = ['typescript', 'react-devtools-core', 'ws'];

function outside(): string[] {
  const {dependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return [...Object.keys(dependencies).filter((name) => !BUNDLED.has(name)), ...NEVER_LOADED];
}

/** Of oclif: they look for commands and plugins in folders and compare versions; `own-plugin.ts` has no use for that. */
const NEVER_CALLED = /^(minimatch|tinyglobby|semver|wsl-utils)$/;
const withoutNeverCalled: BuildPlugin = {
  name: 'without what is never called',
  setup: ({onResolve, onLoad}) => {
    onResolve({filter: NEVER_CALLED}, ({path}) => ({path, namespace: 'never-called'}));
    onLoad({filter: /./, namespace: 'never-called'}, () => ({contents: 'module.exports = {}'}));
  },
};

/** Packages of the CommonJS kind inside a bundle of modules ask for Node's own by `require`. */
const REQUIRE = `import {createRequire as smCreateRequire} from 'node:module';
const require = smCreateRequire(import.meta.url);`;

function entries(): Record<string, string> {
  const files = [
    ...commandFiles('src/commands'),
    ...commandFiles('src/cli/hooks'),
    'src/cli/index.ts',
    'src/cli/help.ts',
  ];
  files.push('src/container/index.ts', 'src/admin/index.ts', 'src/server/index.ts');
  files.push('src/dev/index.ts', 'src/dev/demo-container.ts');
  files.push('src/embedded/index.ts', 'src/embedded/main.ts');
  return Object.fromEntries(
    files.map((file) => [relative('src', file).replace(/\.tsx?$/, ''), file]),
  );
}

rmSync(OUT, {recursive: true, force: true});
await build({
  entryPoints: entries(),
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  jsx: 'automatic',
  sourcemap: true,
  chunkNames: 'chunks/[name]-[hash]',
  external: outside(),
  plugins: [withoutNeverCalled],
  banner: {js: REQUIRE},
  define: {
    'process.env.NODE_ENV': '"production"',
    // package.json has the versions of Node that do; to compare them, oclif would load all of semver.
    'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
  },
  logLevel: 'warning',
  // The source sets it for itself, too: where it runs unbundled, React must not be its development build.
  logOverride: {'assign-to-define': 'silent'},
});
// Types are checked by `npm run typecheck`, tests included; a second check would double the time of a build.
execFileSync(join('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--noCheck'], {
  stdio: 'inherit',
});
writeFileSync(join(OUT, 'package.json'), '{"type": "module"}\n');
await writeManifest();

/** With it oclif knows every command without loading one. */
async function writeManifest(): Promise<void> {
  rmSync(MANIFEST, {force: true});
  const plugin = new Plugin({
    ...{root: process.cwd(), type: 'core', ignoreManifest: true},
    ...{errorOnManifestCreate: true, respectNoCacheDefault: true},
  });
  await plugin.load();
  writeFileSync(MANIFEST, `${JSON.stringify(plugin.manifest)}\n`);
}
