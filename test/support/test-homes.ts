/**
 * Runs once before all tests: a folder for the homes of the test files, which is gone when this process ends. Vitest ends its workers from outside,
 * so that they cannot remove their homes themselves.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export default function setUp(): void {
  const homes = mkdtempSync(join(tmpdir(), 'sm-homes-'));
  process.env['SM_TEST_HOMES'] = homes;
  // Not when these tests have ended: the run of planted faults has several Vitests in one process, and all of them have the homes of the newest.
  process.once('exit', () => {
    // A process that ends just now may still write there.
    rmSync(homes, {recursive: true, force: true, maxRetries: 3});
  });
}
