import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it, onTestFinished} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {Credentials} from '../../src/server/credentials.ts';
import {Authority} from '../support/certificates.ts';
import {ownFolder} from '../support/own-folder.ts';

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

describe('an authority for the calls between daemons', () => {
  it('that is not PEM is refused at the start: TLS would trust nobody and not say so', () => {
    const folder = ownFolder('authority');
    const authority = new Authority();
    onTestFinished(() => authority.remove());
    const {ca, cert, key} = authority.issue('daemon', 'DNS:sm-1.example');
    const none = join(folder, 'none.pem');
    writeFileSync(none, 'not PEM');
    const check = (trusted: string): void => {
      const text = [
        ...['service: s', 'port: 8801', 'endpoints: [127.0.0.1:2379]', 'etcdPrefix: /sm'],
        ...['auth: none', `tls: {cert: ${cert}, key: ${key}, ca: ${trusted}}`],
      ].join('\n');
      new Credentials(parseConfig(text, 'sm.yml')).check();
    };
    check(ca);
    expect(() => check(none)).toThrow(`tls.ca: ${none} contains no certificate`);
  });
});
