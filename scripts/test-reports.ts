/** What Vitest's JSON reports say: how many tests passed, and which failed, in a few lines each. */
import {existsSync, readFileSync} from 'node:fs';
import {relative} from 'node:path';
import {stripVTControlCharacters} from 'node:util';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Report {
  readonly counts: Counts;
  /** One text for each test that failed: where, its name, the first lines of why. */
  readonly failures: readonly string[];
}

/** As Vitest writes it with `--reporter=json`; only what is read here. */
interface VitestReport {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file as a whole failed. */
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** A stack adds nothing: the line of the test is in the output of the step. */
const STACK = /^\s+at .*\n?/gm;
const REASON_LENGTH = 600;

/** A step that has written no report has failed. */
export function readReport(file: string): Report {
  if (!existsSync(file)) return {counts: {passed: 0, failed: 1, skipped: 0}, failures: []};
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const counts = {
    passed: report.numPassedTests ?? 0,
    failed: report.numFailedTests ?? 0,
    skipped: report.numPendingTests ?? 0,
  };
  return {counts, failures: failuresIn(report)};
}

function failuresIn({testResults = []}: VitestReport): string[] {
  return testResults.flatMap(({name, status, message, assertionResults}) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((each) => each.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [failureText(file, message ?? '')] : [];
    return failed.map(({fullName, failureMessages = []}) =>
      failureText(`${file} > ${fullName}`, failureMessages.join('\n')),
    );
  });
}

function failureText(where: string, reason: string): string {
  const text = stripVTControlCharacters(reason).replace(STACK, '').trim();
  const cut = text.length > REASON_LENGTH ? `${text.slice(0, REASON_LENGTH)}...` : text;
  return [`FAIL ${where}`, ...cut.split('\n').map((line) => `  ${line}`)].join('\n');
}
