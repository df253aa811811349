#!/usr/bin/env node
import {existsSync, readFileSync} from 'node:fs';

const program = new URL('../dist/cli/index.js', import.meta.url);

// With --json it is a document, as of `sm version`.
const asked = process.argv.slice(2).toSorted().join(' ');
if (asked === '--json --version' || asked === '--json -V' || asked === '-V --json')
  process.argv.splice(2, 2, 'version', '--json');

// The version needs nothing of oclif: answer before it loads.
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  const {name, version} = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  process.stdout.write(`${name}/${version}\n`);
} else if (existsSync(program)) {
  process.env.NODE_ENV ??= 'production';
  const {main} = await import(program.href);
  await main();
} else {
  process.stderr.write('sm: this checkout has not been built\nfix: npm ci && npm run build\n');
  process.exitCode = 1;
}
