/** The daemon's file: what it may hold, and faults that name the place. */
import {join} from 'node:path';
import {describe, expect, it, vi} from 'vitest';
import {loadConfig, parseConfig} from '../../src/config/index.ts';
import type {LoadOptions} from '../../src/config/index.ts';
import {SETTINGS} from '../../src/config/settings.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../../src/model/quota.ts';
import {SmError} from '../../src/model/errors.ts';

const LEAST = `service: foo.bar
port: 8801
endpoints: [127.0.0.1:2379]
etcdPrefix: /sm
`;

function without(key: string): string {
  return LEAST.split('\n')
    .filter((line) => !line.startsWith(key))
    .join('\n');
}

/** The lines of the complaint; an empty list when there is none. */
function faultsOf(source: string, options: LoadOptions = {}): string[] {
  try {
    parseConfig(source, 'f.yml', options);
    return [];
  } catch (error) {
    if (!(error instanceof SmError)) throw error;
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.exitCode).toBe(2);
    return error.message.split('\n');
  }
}

describe('the sample', () => {
  const sample = join(import.meta.dirname, '..', '..', 'sample.yml');

  it('loads and shows the defaults', () => {
    expect(loadConfig(sample)).toEqual(parseConfig(LEAST, 'f.yml'));
  });
});

describe('the four keys of the origin', () => {
  it('are enough', () => {
    expect(parseConfig(LEAST, 'f.yml')).toEqual({
      service: 'foo.bar',
      port: 8801,
      endpoints: ['127.0.0.1:2379'],
      etcdPrefix: '/sm',
      host: '127.0.0.1',
      advertise: '127.0.0.1:8801',
      etcd: {},
      auth: 'none',
      filePermissions: 'strict',
      log: {level: 'info', format: 'json'},
      heartbeat: {ttlMs: 10_000},
      shutdownTimeoutMs: 15_000,
      compaction: 'auto',
      quota: CLUSTER_QUOTA_DEFAULT,
    });
  });

  it.each(['service', 'port', 'etcdPrefix'])('are missed one by one: %s', (key) => {
    expect(faultsOf(without(key))).toEqual([`f.yml:1:1: ${key} is missing`]);
  });

  it('are missed with both ways out where the etcd is not named', () => {
    const [fault = '', ...others] = faultsOf(without('endpoints'));
    expect(fault).toMatch(/^f\.yml:1:1: endpoints is missing: name your etcd, .* --embedded$/);
    expect(others).toEqual([]);
  });
});

describe('every setting', () => {
  const full = `${LEAST}host: 0.0.0.0
advertise: sm.example.org:8801
etcd:
  username: sm
  passwordFile: /etc/sm/password
  plainPassword: true
  tls: {ca: /a, cert: /b, key: /c}
auth:
  tokenFile: /etc/sm/token
tls: {cert: /d, key: /e, ca: /f, clientCa: /j, clientRoles: /k}
log: {level: warn, format: text}
audit: {file: /var/log/sm/audit.jsonl}
filePermissions: any
heartbeat: {ttlMs: 3000}
shutdownTimeoutMs: 0
compaction: off
containerNetworks: [10.0.0.0/8, "fd00::/8"]
containerTls: {ca: /l, cert: /m, key: /n, required: true}
quota: {apps: 1, shards: 2, containers: 3, specBytes: 4, groups: 5, pushSessions: 6, callsPerSecond: 7}
`;
  const embedded = `dataDir: /var/lib/sm
embedded:
  host: 10.0.0.1
  port: 2380
  quotaBytes: 1048576
  tls: {ca: /g, cert: /h, key: /i}
`;

  it('is read', () => {
    expect(parseConfig(full, 'f.yml')).toMatchObject({
      host: '0.0.0.0',
      advertise: 'sm.example.org:8801',
      etcd: {
        username: 'sm',
        passwordFile: '/etc/sm/password',
        tls: {ca: '/a', cert: '/b', key: '/c'},
      },
      auth: {tokenFile: '/etc/sm/token'},
      tls: {cert: '/d', key: '/e', ca: '/f', clientCa: '/j', clientRoles: '/k'},
      log: {level: 'warn', format: 'text'},
      audit: {file: '/var/log/sm/audit.jsonl'},
      ...{filePermissions: 'any', heartbeat: {ttlMs: 3_000}, shutdownTimeoutMs: 0},
      ...{compaction: 'off', containerNetworks: ['10.0.0.0/8', 'fd00::/8']},
      containerTls: {ca: '/l', cert: '/m', key: '/n', required: true},
      quota: {apps: 1, callsPerSecond: 7},
    });
  });

  it('of the store inside is read', () => {
    const text = `${full.replace(/endpoints.*\n/, '')}${embedded}`;
    expect(parseConfig(text, 'f.yml', {embedded: true})).toMatchObject({
      endpoints: [],
      etcd: {username: 'sm'},
      embedded: {
        dataDir: '/var/lib/sm',
        host: '10.0.0.1',
        port: 2_380,
        quotaBytes: 1_048_576,
        tls: {ca: '/g', cert: '/h', key: '/i'},
      },
    });
  });

  it('stands in the file above, so that none is forgotten here', () => {
    const written = [...SETTINGS.keys()].filter((path) => path !== 'auth');
    for (const path of written) expect(full + embedded).toContain(`${path.split('.').at(-1)}:`);
  });

  it.each([...SETTINGS.keys()])('of the wrong type is named with its place: %s', (path) => {
    const parts = path.split('.');
    const nested = parts.map((part, depth) => `${'  '.repeat(depth)}${part}:`).join('\n');
    const kept = LEAST.split('\n').filter((line) => !line.startsWith(`${path}:`));
    const source = `${kept.join('\n')}${nested} [{}]\n`;
    const line = source.split('\n').findIndex((text) => text.endsWith('[{}]')) + 1;
    const column = (source.split('\n')[line - 1] ?? '').indexOf('[') + 1;
    expect(
      faultsOf(source).some((fault) => fault.startsWith(`f.yml:${line}:${column}: ${path} `)),
    ).toBe(true);
  });
});

describe('faults', () => {
  it.each([
    ['prot: 1', 'f.yml:5:1: unknown setting "prot", did you mean port?'],
    ['log: {levle: info}', 'f.yml:5:7: unknown setting "log.levle", did you mean log.level?'],
    [
      'etcd:\n  tls:\n    caa: x',
      'f.yml:7:5: unknown setting "etcd.tls.caa", did you mean etcd.tls.ca?',
    ],
    [
      'auth: {tokenfile: /x}',
      'f.yml:5:8: unknown setting "auth.tokenfile", did you mean auth.tokenFile?',
    ],
    ['log: info', 'f.yml:5:1: log is a section: it holds further settings'],
    ['etcd: {tls: on}', 'f.yml:5:8: etcd.tls is a section: it holds further settings'],
    ['log: {level: loud}', 'f.yml:5:14: log.level is not one of debug, info, warn, error'],
    [
      'heartbeat: {ttlMs: 2999}',
      'f.yml:5:20: heartbeat.ttlMs is not a whole number from 3000 to 60000',
    ],
    [
      'heartbeat: {ttlMs: 3000.5}',
      'f.yml:5:20: heartbeat.ttlMs is not a whole number from 3000 to 60000',
    ],
    [
      'heartbeat: {ttlMs: "3000"}',
      'f.yml:5:20: heartbeat.ttlMs is not a whole number from 3000 to 60000',
    ],
    ['compaction: false', 'f.yml:5:13: compaction is not one of auto, off'],
    ['advertise: localhost', 'f.yml:5:12: advertise is not of the form host:port'],
    ['advertise: localhost:65536', 'f.yml:5:12: advertise is not of the form host:port'],
    ['advertise: localhost:0', 'f.yml:5:12: advertise is not of the form host:port'],
    ['etcd: {username: x}', 'f.yml:5:18: etcd.username and etcd.passwordFile must be set together'],
    ['tls: {key: x}', 'f.yml:5:12: tls.cert and tls.key must be set together'],
    ['tls: {ca: x}', 'f.yml:5:11: tls.ca needs tls.cert'],
    ['etcd: {tls: {cert: x, key: y}}', 'f.yml:5:20: etcd.tls.cert needs etcd.tls.ca'],
    ['? [a, b]\n: c', "f.yml:5:3: a setting's name is plain text"],
    ['__proto__: {a: 1}', 'f.yml:5:1: unknown setting "__proto__"'],
    ['constructor: 1', 'f.yml:5:1: unknown setting "constructor"'],
    ['<<: {host: 0.0.0.0}', 'f.yml:5:1: unknown setting "<<"'],
  ])('of %j', (extra, fault) => {
    const [first, ...rest] = faultsOf(`${LEAST}${extra}\n`);
    expect(first?.slice(0, fault.length)).toBe(fault);
    expect(rest).toEqual([]);
  });

  it('name a key given twice at its second place', () => {
    const [fault] = faultsOf(`${LEAST}port: 1\n`);
    expect(fault).toMatch(/^f\.yml:5:1: .*unique/);
    expect(faultsOf(`${LEAST}log:\n  level: info\n  level: warn\n`)[0]).toMatch(/^f\.yml:7:3: /);
  });

  it('are told all at once', () => {
    const faults = faultsOf('service: ..\nport: 0\nendpoints: []\nfoo: 1\n');
    expect(faults.map((fault) => fault.replace(/: .*/, ''))).toEqual([
      'f.yml:4:1',
      'f.yml:1:10',
      'f.yml:2:7',
      'f.yml:3:12',
      'f.yml:1:1',
    ]);
  });

  it.each([
    ['', 'f.yml:1:1: the file is not a map of settings'],
    ['# nothing\n', 'f.yml:1:1: the file is not a map of settings'],
    ['- a\n', 'f.yml:1:1: the file is not a map of settings'],
    ['text', 'f.yml:1:1: the file is not a map of settings'],
    ['service: [', 'f.yml:1:'],
    ['service: "x', 'f.yml:1:'],
    ['\tservice: x', 'f.yml:1:'],
    [`${LEAST}---\n${LEAST}`, 'f.yml:5:1: '],
    [`${LEAST}host: !!js/function "x"\n`, 'f.yml:5:7: '],
    [`${LEAST}host: !env HOME\n`, 'f.yml:5:7: '],
    [`${LEAST}host: *nowhere\n`, 'f.yml:5:7: '],
    ['%YAML 1.1\n---\nport: 0o1\nservice: yes\n', 'f.yml:'],
  ])('of the text %j', (source, fault) => {
    expect(faultsOf(source)[0]?.slice(0, fault.length)).toBe(fault);
  });

  it('never echo more than the faulty value', () => {
    const faults = faultsOf(`${LEAST}etcd: {username: hunter2}\n`);
    expect(faults.join()).not.toContain('hunter2');
  });
});

describe('names of endpoints', () => {
  it.each([
    '127.0.0.1:2379',
    'http://etcd:2379',
    'https://a.b-c.d:1',
    '[::1]:2379',
    'localhost:65535',
  ])('%s will do', (endpoint) => {
    expect(faultsOf(LEAST.replace('127.0.0.1:2379', JSON.stringify(endpoint)))).toEqual([]);
  });

  it.each([
    '',
    'etcd',
    'etcd:',
    'etcd:0',
    'etcd:65536',
    'ftp://a:1',
    'a:1/path',
    'a b:1',
    'u:p@a:1',
  ])('%j will not', (endpoint) => {
    const [fault] = faultsOf(LEAST.replace('127.0.0.1:2379', JSON.stringify(endpoint)));
    expect(fault).toMatch(/^f\.yml:3:12: endpoints holds .* not of the form host:port$/);
  });
});

describe('an open port', () => {
  it('to the world needs a token or plain words', () => {
    expect(faultsOf(`${LEAST}host: 0.0.0.0\n`)[0]).toContain('not loopback');
    expect(faultsOf(`${LEAST}host: "::"\n`)[0]).toContain('not loopback');
    const advertise = 'advertise: sm-0.example:8801\n';
    expect(faultsOf(`${LEAST}host: 0.0.0.0\nauth: none\n${advertise}`)).toEqual([]);
    expect(faultsOf(`${LEAST}host: 0.0.0.0\nauth: {tokenFile: /t}\n${advertise}`)).toEqual([]);
  });

  it.each(['0.0.0.0', '"::"', '"[::]"'])(
    'at all addresses (%s) needs one by which others call it',
    (host) => {
      expect(faultsOf(`${LEAST}host: ${host}\nauth: none\n`)[0]).toMatch(
        /^f\.yml:5:7: host .* means all addresses, .*set advertise/,
      );
    },
  );

  it('that nobody can call is not advertised', () => {
    expect(faultsOf(`${LEAST}advertise: 0.0.0.0:8801\n`)[0]).toMatch(
      /^f\.yml:5:12: advertise 0\.0\.0\.0:8801 means all addresses/,
    );
    expect(faultsOf(`${LEAST}advertise: "[::]:8801"\n`)[0]).toContain('means all addresses');
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost'])('of %s needs none', (host) => {
    expect(faultsOf(`${LEAST}host: "${host}"\n`)).toEqual([]);
  });

  it.each(['127.0.0.1.evil.org', 'localhost.evil.org', '128.0.0.1', '1::1'])(
    'of %s is not a loopback',
    (host) => {
      expect(faultsOf(`${LEAST}host: "${host}"\n`)[0]).toContain('not loopback');
    },
  );

  it('advertises an IPv6 address in brackets', () => {
    expect(parseConfig(`${LEAST}host: "::1"\n`, 'f').advertise).toBe('[::1]:8801');
  });
});

describe('a store inside the daemon', () => {
  const least = without('endpoints');

  it('has defaults for everything; the data directory lies beside the file', () => {
    const {embedded, endpoints} = parseConfig(least, '/etc/sm/f.yml', {embedded: true});
    expect(endpoints).toEqual([]);
    expect(embedded).toEqual({dataDir: '/etc/sm/sm-data', host: '127.0.0.1', port: 2_379});
  });

  it('keeps its data where the file says, as seen from the file, unless the command line says otherwise', () => {
    const text = `${least}dataDir: here\n`;
    const dataDirOf = (options: LoadOptions): string | undefined =>
      parseConfig(text, '/etc/sm/f.yml', options).embedded?.dataDir;
    expect(dataDirOf({embedded: true})).toBe('/etc/sm/here');
    expect(dataDirOf({embedded: true, dataDir: 'there'})).toBe(join(process.cwd(), 'there'));
  });

  it('is where a client of it looks, unless the file names an etcd', () => {
    const endpointsOf = (text: string) => parseConfig(text, 'f', {asClient: true}).endpoints;
    expect(endpointsOf(least)).toEqual(['127.0.0.1:2379']);
    expect(endpointsOf(`${least}embedded: {port: 4000, host: "::1"}\n`)).toEqual(['[::1]:4000']);
    const open = 'embedded: {host: 0.0.0.0}\netcd: {username: a, passwordFile: b}\n';
    expect(endpointsOf(least + open)).toEqual(['127.0.0.1:2379']);
    expect(endpointsOf(LEAST.replace('2379', '2380'))).toEqual(['127.0.0.1:2380']);
  });

  it('excludes endpoints', () => {
    expect(faultsOf(LEAST, {embedded: true})).toEqual([
      expect.stringMatching(/^f\.yml:3:12: endpoints names an etcd, --embedded asks for a store/),
    ]);
  });

  it.each(['dataDir: x', 'embedded: {port: 1}', 'embedded: {tls: {cert: a, key: b}}'])(
    'is asked for by --embedded alone, not by %s',
    (line) => {
      expect(faultsOf(`${LEAST}${line}\n`)[0]).toContain('start it with sm serve --embedded');
    },
  );

  it.each([
    ['embedded: {port: 0}', 'embedded.port is not a whole number from 1 to 65535'],
    ['embedded: {prot: 1}', 'unknown setting "embedded.prot", did you mean embedded.port?'],
    ['embedded: {tls: {cert: a}}', 'embedded.tls.cert and embedded.tls.key must be set together'],
    ['embedded: {tls: {cert: a, key: b}}', 'embedded.tls.cert needs etcd.tls.ca'],
    ['embedded: {host: 0.0.0.0}', 'embedded.host 0.0.0.0 is not loopback'],
  ])('is told of %s', (line, fault) => {
    expect(faultsOf(`${least}${line}\n`, {embedded: true}).join('\n')).toContain(fault);
  });
});

describe('aliases', () => {
  it('stand for what they name', () => {
    const source = `${LEAST.replace('foo.bar', '&name foo.bar')}etcd: &e {username: *name, passwordFile: /p}\n`;
    expect(parseConfig(source, 'f').etcd).toEqual({username: 'foo.bar', passwordFile: '/p'});
  });

  it('that would fill the memory are refused at once', () => {
    const levels = 'abcdefghij'.split('');
    const bomb = levels.map((level, index) => {
      const below = levels[index - 1];
      const items = Array.from({length: 10}, () => (below === undefined ? 'lol' : `*${below}`));
      return `${level}: &${level} [${items.join(', ')}]`;
    });
    const startedMs = performance.now();
    const faults = faultsOf(`${bomb.join('\n')}\n${LEAST}`);
    expect(faults).toEqual(['f.yml:1:1: more than 100 aliases are expanded']);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('of themselves end', () => {
    expect(faultsOf(`${LEAST}endpoints2: &a [*a]\n`).length).toBeGreaterThan(0);
    expect(faultsOf(`${LEAST}log: &a {level: *a}\n`).length).toBeGreaterThan(0);
    expect(faultsOf(`${LEAST}etcd: &a {tls: *a}\n`).length).toBeGreaterThan(0);
  });

  it('are refused in our words alone: nothing goes to the console', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(faultsOf(`${LEAST}{a: 1}: 2\n`).length).toBeGreaterThan(0);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('nested without end are refused without a crash', () => {
    expect(faultsOf(`${LEAST}host: ${'['.repeat(20_000)}\n`).length).toBeGreaterThan(0);
  });
});

describe('the file', () => {
  it('may begin with a byte order mark and end its lines as Windows does', () => {
    expect(faultsOf(`\ufeff${LEAST.replaceAll('\n', '\r\n')}`)).toEqual([]);
  });
});
