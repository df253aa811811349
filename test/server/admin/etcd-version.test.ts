import {expect, it} from 'vitest';
import {versionChecks} from '../../../src/server/admin/read/checks.ts';

it('etcd that gets no fixes is named by doctor', () => {
  const verdicts = (version: string | undefined) =>
    versionChecks(version).map(({verdict}) => verdict);
  for (const old of ['3.4.23', '2.3.8', '3.5.32', '3.6.13', '3.7.0'])
    expect([old, verdicts(old)]).toEqual([old, ['WARN']]);
  for (const good of ['3.5.33', '3.6.14', '3.7.1', '3.8.0', '4.0.0'])
    expect([good, verdicts(good)]).toEqual([good, ['PASS']]);
  for (const unknown of [undefined, '', '3.5.0-embedded']) expect(verdicts(unknown)).toEqual([]);
});
