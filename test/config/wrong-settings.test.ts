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
  it.each([
    // Two ways to write one setting would stand side by side, and the last one would count without a word.
    ['log.level: debug', 'f.yml:5:1: unknown setting "log.level": write log: {level: ...}'],
    ['etcd.tls: {ca: x}', 'f.yml:5:1: unknown setting "etcd.tls": write etcd: {tls: ...}'],
    ['etcd: {tls.ca: x}', 'f.yml:5:8: unknown setting "etcd.tls.ca": write etcd: {tls: {ca: ...}}'],
    ['log.levle: debug', 'f.yml:5:1: unknown setting "log.levle"'],
  ])('stands below its section, and not beside it: %s', (extra, fault) => {
    expect(faultsOf(`${LEAST}${extra}\n`)).toEqual([fault]);
  });

  it.each([
    ['tokenFile: /x', 'auth.tokenFile'],
    ['ttlMs: 5000', 'heartbeat.ttlMs'],
    ['level: debug', 'log.level'],
    ['loglevel: debug', 'log.level'],
    ['log_level: debug', 'log.level'],
    ['data-dir: /x', 'dataDir'],
    ['log: {ttlMs: 5000}', 'heartbeat.ttlMs'],
    // The nearest there, where it may be one of several.
    ['etcd: {tls: {certt: x}}', 'etcd.tls.cert'],
  ])('that stands at another place or is spelled in another way is named: %s', (extra, meant) => {
    const [fault = '', ...others] = faultsOf(`${LEAST}${extra}\n`);
    expect(fault).toMatch(/^f\.yml:5:\d+: unknown setting /);
    expect(fault.endsWith(`, did you mean ${meant}?`)).toBe(true);
    expect(others).toEqual([]);
  });

  it.each(['', 'token', 'None'])('auth says what it may be: auth: %s', (wrong) => {
    expect(faultsOf(`${LEAST}auth: ${wrong}\n`)).toEqual([
      expect.stringMatching(/^f\.yml:5:\d: auth is neither none nor a section with tokenFile$/),
    ]);
  });

  it('that is a host is an address or a name alone', () => {
    for (const wrong of ['http://x', '"a b"', 'localhost:80', '127.0.0.1:8801', '"[::1"'])
      expect(faultsOf(`${LEAST}auth: none\nadvertise: a:1\nhost: ${wrong}\n`)).toEqual([
        'f.yml:7:7: host is not an IP address or a host name, without scheme and port',
      ]);
    for (const good of ['sm-1.example.org', '"[::1]"', '"::1"', '"fe80::1%eth0"', '127.0.0.1'])
      expect(faultsOf(`${LEAST}auth: none\nadvertise: a:1\nhost: ${good}\n`)).toEqual([]);
  });

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
