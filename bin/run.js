#!/usr/bin/env node
import {readFileSync} from 'node:fs';

// The version needs nothing of oclif: answer before it loads.
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  const {name, version} = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  process.stdout.write(`${name}/${version}\n`);
} else {
  process.env.NODE_ENV ??= 'production';
  const {main} = await import('../dist/cli/index.js');
  await main();
}
