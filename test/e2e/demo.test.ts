import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, it} from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** A shard that moves because the machine left its container without a heartbeat would be a failure of the demo. */
const TTL_MS = '10000';

describe('npm run demo', () => {
  it('ends with every step as it should be', async () => {
    const {stdout} = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', join(ROOT, 'scripts', 'demo.ts'), '--ttl-ms', TTL_MS],
      {cwd: ROOT, maxBuffer: 16 * 1024 * 1024},
    );
    expect(stdout).toContain('keys left of the app: 0');
    expect(stdout).toContain('demo passed');
  });
});
