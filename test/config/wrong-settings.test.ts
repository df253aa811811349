/** Wrong settings: what is said of them, and how long that takes. */
import {describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {FAULTS_SHOWN} from '../../src/config/limits.ts';

const LEAST = `service: foo.bar
port: 8801
endpoints: [127.0.0.1:2379]
etcdPrefix: /sm
`;

function faultsOf(source: string): string[] {
  try {
    parseConfig(source, 'f.yml');
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('a setting', () => {
  it('of networks says what a network is', () => {
    for (const wrong of ['[]', '[10.0.0.0]', '[10.0.0.0/33]', '["fd00::/129"]', '[host/8]', '7'])
      expect(faultsOf(`${LEAST}containerNetworks: ${wrong}\n`)).toEqual([
        expect.stringMatching(
          /^f\.yml:5:20: containerNetworks (is not a list|holds .*not a network)/,
        ),
      ]);
  });

  it('that many are wrong is said of the first, in time that grows with the file', () => {
    const costOf = (count: number): number => {
      const keys = Array.from({length: count}, (_, at) => `key${at}: 1\n`).join('');
      const before = process.cpuUsage();
      expect(faultsOf(LEAST + keys)).toHaveLength(FAULTS_SHOWN);
      const {user, system} = process.cpuUsage(before);
      return user + system;
    };
    costOf(500);
    // Ten times as many in quadratic time take a hundred times as long.
    expect(costOf(20_000)).toBeLessThan(40 * costOf(2_000));
  });
});
