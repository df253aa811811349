/**
 * What ships: declarations by tsc, ESM bundles with splitting by esbuild, every command an entry, so that a command loads
 * what it needs and nothing else. The gRPC packages load .proto files by path and stay outside; everything else goes in, so that
 * who installs the SDK gets nothing of the daemon's and the command line's packages, and few files are opened.
 */
import {execFileSync} from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {Plugin} from '@oclif/core';
import {build} from 'esbuild';
import type {BuildOptions, Plugin as BuildPlugin} from 'esbuild';
import {shipDeclarations} from './declarations.ts';
import {licencesOf} from './licences.ts';
import {sbomOf} from './sbom.ts';

/** Made here, and moved to its place at the end: a build that was interrupted leaves the last whole one. */
const BUILD = '.build';
const DIST = 'dist';
const OUT = join(BUILD, DIST);
const MANIFEST = 'oclif.manifest.json';

function commandFiles(folder: string): string[] {
  return readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Only for development, and not installed. */
const NEVER_LOADED = ['typescript', 'react-devtools-core', 'ws'];

function outside(): string[] {
  const {dependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return [...Object.keys(dependencies), ...NEVER_LOADED];
}

/** Of oclif: they look for commands and plugins in folders and compare versions; `own-plugin.ts` has no use for that. */
const NEVER_CALLED = /^(minimatch|tinyglobby|semver|wsl-utils)$/;
const OCLIF = '/node_modules/@oclif/';
const withoutNeverCalled: BuildPlugin = {
  name: 'without what is never called',
  setup: ({onResolve, onLoad}) => {
    onResolve({filter: NEVER_CALLED}, ({path, importer}) =>
      // fastify does call them.
      importer.includes(OCLIF) ? {path, namespace: 'never-called'} : undefined,
    );
    onLoad({filter: /./, namespace: 'never-called'}, () => ({contents: 'module.exports = {}'}));
  },
};

/** What a CommonJS package exports has no names when a bundle imports it late: a module of ours has to import it and be imported late instead. */
const withoutLateCommonJs: BuildPlugin = {
  name: 'without late CommonJS',
  setup: ({onResolve, resolve}) => {
    onResolve({filter: /^[^./]/}, async ({path, kind, importer, resolveDir, pluginData}) => {
      if (kind !== 'dynamic-import' || pluginData !== undefined) return undefined;
      const found = await resolve(path, {kind, importer, resolveDir, pluginData: 'asked'});
      if (found.external || isModule(found.path)) return undefined;
      return {errors: [{text: `${path} is of the CommonJS kind and imported late`}]};
    });
  },
};

function isModule(file: string): boolean {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const description = join(folder, 'package.json');
    if (!existsSync(description)) continue;
    const {type} = JSON.parse(readFileSync(description, 'utf8')) as {type?: string};
    return file.endsWith('.mjs') || type === 'module';
  }
  return false;
}

/** Packages of the CommonJS kind inside a bundle of modules ask for Node's own by `require`, and for their folder. */
const REQUIRE = `import {createRequire as smCreateRequire} from 'node:module';
const require = smCreateRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`;

/** What programs import. Bundled by themselves, without those lines: a bundle of CommonJS has no `import.meta`. */
const PUBLIC = {'container/index': 'src/container/index.ts', 'admin/index': 'src/admin/index.ts'};

function entries(): Record<string, string> {
  const files = [
    ...commandFiles('src/commands'),
    ...commandFiles('src/cli/hooks'),
    'src/cli/index.ts',
    'src/cli/help.ts',
  ];
  files.push('src/server/index.ts', 'src/server/planner-worker.ts');
  files.push('src/dev/index.ts', 'src/dev/demo-container.ts');
  files.push('src/embedded/index.ts', 'src/embedded/main.ts', 'src/embedded/store-worker.ts');
  return Object.fromEntries(
    files.map((file) => [relative('src', file).replace(/\.tsx?$/, ''), file]),
  );
}

/** A line ends at the first place after so many where one may. */
const LINE_CHARACTERS = 160;

rmSync(BUILD, {recursive: true, force: true});
const shape = {
  // Where it will be, for the paths inside of source maps.
  outdir: DIST,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  metafile: true,
  jsx: 'automatic',
  sourcemap: true,
  // Names stay: a stack trace of an installed package says where. Node prints the line of a throw that nobody catches, so no line may be all of a file.
  minifyWhitespace: true,
  lineLimit: LINE_CHARACTERS,
  chunkNames: 'chunks/[name]-[hash]',
  external: outside(),
  plugins: [withoutNeverCalled, withoutLateCommonJs],
  define: {
    'process.env.NODE_ENV': '"production"',
    // package.json has the versions of Node that do; to compare them, oclif would load all of semver.
    'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
  },
  logLevel: 'warning',
  // The source sets it for itself, too: where it runs unbundled, React must not be its development build.
  logOverride: {'assign-to-define': 'silent'},
} as const satisfies BuildOptions;
const program = await build({...shape, entryPoints: entries(), banner: {js: REQUIRE}});
const forPrograms = await build({...shape, entryPoints: PUBLIC});
for (const {path, contents} of [program, forPrograms].flatMap(({outputFiles}) => outputFiles)) {
  const file = join(BUILD, relative(process.cwd(), path));
  mkdirSync(dirname(file), {recursive: true});
  writeFileSync(file, contents);
}
const declarations = join(OUT, 'types');
// Types are checked by `npm run typecheck`, tests included; a second check would double the time of a build.
execFileSync(
  join('node_modules', '.bin', 'tsc'),
  ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', declarations],
  {stdio: 'inherit'},
);
writeFileSync(join(OUT, 'package.json'), '{"type": "module"}\n');
shipDeclarations(declarations, Object.keys(PUBLIC));
cpSync(join('node_modules', '@fastify', 'swagger-ui', 'static'), join(OUT, 'swagger-ui'), {
  recursive: true,
  // The page loads the bundle and the preset.
  filter: (file) => !/swagger-ui\.js$|\.map$/.test(file),
});
const inside = [program, forPrograms].flatMap(({metafile}) => Object.keys(metafile.inputs));
writeFileSync(
  join(OUT, 'THIRD-PARTY-LICENSES'),
  licencesOf([...inside, 'node_modules/@fastify/swagger-ui/static']),
);
const bill = sbomOf([...inside, 'node_modules/@fastify/swagger-ui/static']);
writeFileSync(join(OUT, 'sbom.cdx.json'), `${JSON.stringify(bill)}\n`);
cpSync('package.json', join(BUILD, 'package.json'));
const plugin = new Plugin({
  ...{root: join(process.cwd(), BUILD), type: 'core', ignoreManifest: true},
  ...{errorOnManifestCreate: true, respectNoCacheDefault: true},
});
await plugin.load();
// With it oclif knows every command without loading one.
writeFileSync(join(BUILD, MANIFEST), `${JSON.stringify(plugin.manifest)}\n`);

if (existsSync(DIST)) renameSync(DIST, join(BUILD, 'before'));
renameSync(OUT, DIST);
renameSync(join(BUILD, MANIFEST), MANIFEST);
rmSync(BUILD, {recursive: true});
