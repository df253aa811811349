/** What doctor says of the room of a store: whose quota it is, and how it is raised. */
import {expect, it} from 'vitest';
import {quotaCheck} from '../../../src/server/admin/read/checks.ts';

const MIB = 1024 ** 2;
const [ETCD, EMBEDDED] = ['3.5.33', '3.4.23-sm'];

function said(version: string, mib: number, quotaMib: number, compaction?: 'auto' | 'off'): string {
  const usage = {bytes: mib * MIB, quotaBytes: quotaMib * MIB, alarms: [], version};
  const {verdict, text, fix} = quotaCheck(usage, compaction);
  return `${verdict} ${text}${fix === '' ? '' : `; ${fix}`}`;
}

it('a quota that is known is not called assumed', () => {
  for (const version of [ETCD, EMBEDDED])
    expect(said(version, 10, 100)).toBe('PASS 10 MiB of 100 MiB used (10 %)');
});

it('one that is not known is assumed, and says of which store', () => {
  expect(said(ETCD, 0, 0)).toBe(
    'PASS 0 MiB of 2048 MiB used (0 %, assumed: etcd does not say its quota)',
  );
  expect(said(EMBEDDED, 0, 0)).toBe(
    'PASS 0 MiB of 2048 MiB used (0 %, assumed: ask the daemon that has the store inside for its quota)',
  );
});

it('the way out is that of the store', () => {
  expect(said(ETCD, 99, 100)).toMatch(/etcdctl defrag.*; or raise --quota-backend-bytes/);
  expect(said(EMBEDDED, 99, 100)).toContain('raise embedded.quotaBytes of the daemon');
  expect(said(EMBEDDED, 99, 100)).not.toContain('etcdctl');
});

it('compaction is only to be set where it is off', () => {
  for (const version of [ETCD, EMBEDDED]) {
    expect(said(version, 99, 100, 'auto')).not.toContain('compaction: auto');
    expect(said(version, 99, 100, 'off')).toContain('; set compaction: auto; then ');
  }
});
