/**
 * Runs once before all tests: a folder for the homes of the test files, which is gone when all have ended. Vitest ends its processes from outside,
 * so that they cannot remove their homes themselves.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export default function setUp(): () => void {
  const homes = mkdtempSync(join(tmpdir(), 'sm-homes-'));
  process.env['SM_TEST_HOMES'] = homes;
  // A process that ends just now may still write there.
  return () => rmSync(homes, {recursive: true, force: true, maxRetries: 3});
}
