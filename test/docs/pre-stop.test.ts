/** The preStop hook that pods copy: its three times fit together. That its command works is in test/e2e/ci-script.test.ts. */
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect, it} from 'vitest';
import {parse} from 'yaml';
import {LEAVE_TIMEOUT_DEFAULT_MS} from '../../src/container/limits.ts';
import {PERMISSION_CLOCK_SLACK_MS} from '../../src/model/limits.ts';

const FILE = resolve(import.meta.dirname, '../../examples/ci/pre-stop.yaml');

interface PodPart {
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly {
      readonly lifecycle: {readonly preStop: {readonly exec: {readonly command: string[]}}};
    }[];
  };
}

/** Of a flag like `--for 90s` or `--for 4m`. */
function durationMs(command: string, flag: string): number {
  const [, number = '', unit = ''] = new RegExp(`${flag} (\\d+)([sm])\\b`).exec(command) ?? [];
  return Number(number) * (unit === 'm' ? 60_000 : 1_000);
}

it('a second pod outwaits the permission of one that never comes back, and can leave after that', () => {
  const {spec} = parse(readFileSync(FILE, 'utf8')) as PodPart;
  const command = spec.containers[0]?.lifecycle.preStop.exec.command.at(-1) ?? '';
  const leaseMs = durationMs(command, '--for');
  const waitMs = durationMs(command, '--timeout');
  expect(leaseMs).toBeGreaterThan(LEAVE_TIMEOUT_DEFAULT_MS);
  expect(waitMs).toBeGreaterThan(leaseMs + PERMISSION_CLOCK_SLACK_MS);
  expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(
    waitMs + LEAVE_TIMEOUT_DEFAULT_MS,
  );
});
