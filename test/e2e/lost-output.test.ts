/** A file that takes only the beginning of a result, as on a disk that is nearly full: nobody may take it for the whole. */
import {spawnSync} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {BIN} from '../support/cli-process.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('lost-output');

/** The kernel writes what fits below the limit, and says how much that was. */
const MOST_BYTES = 1024;

it.each([
  ['a document', ['schema', 'apps']],
  ['help', ['shard', 'ls', '--help']],
])('%s that fits only in part is a failure', (_what, asked) => {
  const path = join(folder, 'result');
  const file = openSync(path, 'w');
  const limited = ['-c', 'ulimit -f 1 && exec "$@"', 'sm', process.execPath, BIN, ...asked];
  const {status, stderr} = spawnSync('bash', limited, {
    stdio: ['ignore', file, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(file);
  expect(readFileSync(path)).toHaveLength(MOST_BYTES);
  expect({status, stderr}).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^sm: stdout cannot be written: EFBIG; /) as string,
  });
});
