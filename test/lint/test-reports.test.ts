/** What `npm test` repeats at its end of the tests that failed. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, expect, it} from 'vitest';
import {readReport} from '../../scripts/test-reports.ts';
import {ownFolder} from '../support/own-folder.ts';

let folder = '';
beforeEach(() => {
  folder = ownFolder('reports');
});

function reportOf(testResults: readonly object[]): ReturnType<typeof readReport> {
  const file = join(folder, 'report.json');
  const counts = {numPassedTests: 3, numFailedTests: 1, numPendingTests: 2};
  writeFileSync(file, JSON.stringify({...counts, testResults}));
  return readReport(file);
}

const name = join(process.cwd(), 'test', 'a.test.ts');

it('names the test, and why, without colours and stacks', () => {
  const why =
    '\u001b[31mAssertionError: expected 1 to be 2\u001b[39m\n    at a (b.ts:1:2)\n    at c\n';
  const {counts, failures} = reportOf([
    {
      name,
      status: 'failed',
      message: '',
      assertionResults: [
        {status: 'passed', fullName: 'a works', failureMessages: []},
        {status: 'failed', fullName: 'b works', failureMessages: [why]},
      ],
    },
  ]);
  expect(counts).toEqual({passed: 3, failed: 1, skipped: 2});
  expect(failures).toEqual(['FAIL test/a.test.ts > b works\n  AssertionError: expected 1 to be 2']);
});

it('names a file that failed as a whole, and cuts what is long', () => {
  const {failures} = reportOf([
    {name, status: 'failed', message: 'x'.repeat(5_000), assertionResults: []},
    {name: `${name}x`, status: 'passed', message: '', assertionResults: []},
  ]);
  expect(failures).toEqual([
    expect.stringMatching(/^FAIL test\/a\.test\.ts\n {2}x{100,1000}\.\.\.$/),
  ]);
});

it('counts a step without a report as failed', () => {
  expect(readReport(join(folder, 'none')).counts).toEqual({passed: 0, failed: 1, skipped: 0});
});
