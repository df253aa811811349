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
  // As `src/cli/lost-output.ts` has it of all other commands.
  process.stdout.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit();
    const fault = `sm: stdout cannot be written: ${error.code}; nothing was changed\nwhy: ${error.message}`;
    process.stderr.write(`${fault}\nfix: make room on its disk\ncode: INVALID_INPUT (exit 2)\n`);
    process.exit(2);
  });
  process.stdout.write(`${name}/${version}\n`);
} else if (existsSync(program)) {
  process.env.NODE_ENV ??= 'production';
  const {main} = await import(program.href).catch(endUnloaded);
  await main();
} else {
  process.stderr.write('sm: this checkout has not been built\nfix: npm ci && npm run build\n');
  process.exitCode = 1;
}

/** What reports failures is not there yet. `src/cli/failure-report.ts` says the same of what is loaded later. */
function endUnloaded(error) {
  const isFew = error?.code === 'EMFILE' || error?.code === 'ENFILE';
  if (!isFew && error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const [message, fix] = isFew
    ? ['too few files may be open at once', 'raise the limit of open files: ulimit -n 1024']
    : [
        'this installation is not complete',
        'install it again; in a checkout: npm ci && npm run build',
      ];
  process.stderr.write(`sm: ${message}\nwhy: ${error.message.split('\n', 1)[0]}\nfix: ${fix}\n`);
  process.exit(2);
}
