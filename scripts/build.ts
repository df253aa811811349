/**
 * What ships: declarations by tsc, ESM bundles with splitting by esbuild, every command an entry, so that a command loads
 * what it needs and nothing else. The gRPC packages load .proto files by path and stay outside.
 */
import {execFileSync} from 'node:child_process';
import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {build} from 'esbuild';

const OUT = 'dist';

function commandFiles(folder: string): string[] {
  return readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

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
  packages: 'external',
  define: {'process.env.NODE_ENV': '"production"'},
  logLevel: 'warning',
});
execFileSync(join('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
writeFileSync(join(OUT, 'package.json'), '{"type": "module"}\n');
