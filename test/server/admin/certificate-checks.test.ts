import {expect, it} from 'vitest';
import {certificateChecks} from '../../../src/server/admin/read/checks.ts';

const DAY_MS = 24 * 3_600_000;

it('certificates that end within 30 days are warned of, each by its setting', () => {
  const ends = new Map([
    ['tls.cert', 31 * DAY_MS],
    ['tls.clientCa', 29 * DAY_MS],
    ['etcd.tls.cert', 0],
  ]);
  expect(certificateChecks(ends, 0).map(({verdict, text}) => [verdict, text])).toEqual([
    ['WARN', 'the certificate of tls.clientCa ends at 1970-01-30T00:00:00.000Z'],
    ['FAIL', 'the certificate of etcd.tls.cert has ended at 1970-01-01T00:00:00.000Z'],
  ]);
  expect(certificateChecks(new Map([['tls.cert', 31 * DAY_MS]]), 0)).toMatchObject([
    {verdict: 'PASS'},
  ]);
  expect(certificateChecks(new Map(), 0)).toEqual([]);
});

it('a certificate of the store inside takes a restart; others are read again', () => {
  const fixOf = (...settings: string[]): string[] =>
    certificateChecks(new Map(settings.map((setting) => [setting, 0])), 0).map(({fix}) => fix);
  expect(fixOf('embedded.tls.cert', 'etcd.tls.ca', 'tls.cert')).toEqual([
    expect.stringContaining('restart'),
    expect.stringContaining('restart'),
    expect.not.stringContaining('restart'),
  ]);
  expect(fixOf('etcd.tls.ca')).toEqual([expect.not.stringContaining('restart')]);
});
