import {describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {Credentials} from '../../src/server/credentials.ts';

function allowedHosts(host: string) {
  const text = [
    ...['service: s', 'port: 8801', 'endpoints: [127.0.0.1:2379]', 'etcdPrefix: /sm'],
    ...[`host: "${host}"`, 'auth: none', 'advertise: sm-1.example:8801'],
  ].join('\n');
  return new Credentials(parseConfig(text, 'sm.yml')).forHttp().allowedHosts;
}

describe('a page that rebinds its name to our address', () => {
  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('is refused on %s', (host) => {
    const allowed = allowedHosts(host);
    expect(allowed).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '[::1]']));
    expect(allowed).toContain('sm-1.example');
    expect(allowed).not.toContain('evil.example');
  });

  it('is not told from a caller where the daemon has names that it does not know', () => {
    expect(allowedHosts('0.0.0.0')).toBe('any');
  });
});
