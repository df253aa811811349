/** Debian's etcdctl on both servers: the same commands must print the same, ids, times and sizes aside. */
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LONG_MS, until} from '../support/until.ts';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly output: () => string;
  stop(): Promise<Ran>;
  readonly ended: Promise<Ran>;
}

/** Its own are 2 s and 5 s. */
const LIMITS = ['--dial-timeout', '--command-timeout'].map((flag) => `${flag}=${LONG_MS}ms`);

let servers: EtcdProcess[];

beforeAll(async () => {
  servers = await Promise.all([startEtcd({kind: 'etcd'}), startEtcd({kind: 'embedded'})]);
});

afterAll(() => Promise.all(servers.map((server) => server.stop())));

function start({endpoint}: EtcdProcess, args: readonly string[], input = ''): Running {
  const child = spawn('etcdctl', ['--endpoints', endpoint, ...LIMITS, ...args], {
    env: {...process.env, ETCDCTL_API: '3'},
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({code, stdout, stderr}));
  });
  const stop = async (): Promise<Ran> => {
    child.kill('SIGINT');
    return ended;
  };
  return {output: () => stdout, stop, ended};
}

/** What is the server's own: ids, addresses, times, sizes, hashes. */
function plain(text: string, {endpoint}: EtcdProcess): string {
  return text
    .replaceAll(endpoint, 'ENDPOINT')
    .replaceAll(/"(cluster_id|member_id|raft_term|ID|id|lease)":\d+,?/g, '')
    .replaceAll(/"(ClusterID|MemberID|RaftTerm|Lease)" : \d+/g, '"$1"')
    .replaceAll(/\b[0-9a-f]{14,16}\b/g, 'ID')
    .replaceAll(/\bttl"?[:(]\d+\)?/g, 'TTL')
    .replaceAll(/remaining\(\d+s\)/g, 'remaining')
    .replaceAll(/\d+(\.\d+)?(ms|µs|Âµs|s)\b/g, 'TIME')
    .replaceAll(/"ts":"[^"]*"/g, '"ts"')
    .replaceAll(/^\{"level":"warn".*$/gm, '');
}

/** Runs on both; expects the same, and resolves with what it was. */
async function alike(args: readonly string[], input = ''): Promise<Ran> {
  const [left, right] = await Promise.all(
    servers.map(async (server) => {
      const {code, stdout, stderr} = await start(server, args, input).ended;
      return {code, stdout: plain(stdout, server), stderr: plain(stderr, server)};
    }),
  );
  expect(right).toEqual(left);
  return left ?? {code: null, stdout: '', stderr: ''};
}

/** Runs on both until each has printed as much as asked, then interrupts. */
async function alikeUntil(
  args: readonly string[],
  enough: RegExp,
  meanwhile?: () => Promise<unknown>,
) {
  const running = servers.map((server) => start(server, args));
  try {
    await meanwhile?.();
    await until(
      () => running.every((one) => enough.test(one.output())),
      LONG_MS,
      () => running.map((one) => one.output()).join('\n---\n'),
    );
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
  const [left, right] = running.map((one, index) =>
    plain(one.output(), servers[index] as EtcdProcess),
  );
  expect(right).toBe(left);
  return left ?? '';
}

describe('keys', () => {
  it('put, get, del in each form', async () => {
    expect((await alike(['put', 'a', '1'])).stdout).toBe('OK\n');
    expect((await alike(['put', '--prev-kv', 'a', '2'])).stdout).toBe('OK\na\n1\n');
    await alike(['put', 'a/b'], 'from stdin');
    await alike(['put', 'a/c', '--ignore-value']);
    await alike(['put', 'a/c', 'x', '--lease=77']);
    for (const more of [
      ['a'],
      ['a', '-w', 'json'],
      ['a', '-w', 'fields'],
      ['a', 'a0', '--hex'],
      ['--prefix', '', '--keys-only'],
      ['--prefix', 'a', '--order=DESCEND', '--sort-by=MODIFY', '--limit=1'],
      ['--prefix', 'a', '--print-value-only'],
      ['--from-key', 'a/'],
      ['a', '--rev=2'],
      ['a', '--rev=999'],
      ['a', '--consistency=s'],
      ['absent'],
      [''],
    ])
      await alike(['get', ...more]);
    expect((await alike(['del', '--prev-kv', 'a'])).stdout).toBe('1\na\n2\n');
    await alike(['del', '--prefix', 'a/']);
    await alike(['del', 'absent']);
  });

  it('txn, compaction', async () => {
    const txn = 'mod("t") = "0"\nvalue("u") = "x"\n\nput t 1\n\nput t 0\nget t\ndel nothing\n\n';
    expect((await alike(['txn'], txn)).stdout).toBe('FAILURE\n\nOK\n\nt\n0\n\n0\n');
    await alike(['txn', '-w', 'json'], 'version("t") > "0"\n\nput t 2\nget t\n\n\n');
    await alike(['txn'], 'mod("t") = "0"\n\nput t 1\nput t 2\n\n\n');
    await alike(['compaction', '9999']);
    await alike(['compaction', '3']);
    expect((await alike(['compaction', '3'])).code).toBe(1);
    expect((await alike(['get', 't', '--rev=2'])).stderr).toContain('compacted');
    await alike(['compaction', '--physical', '5']);
  });

  it('watch: from now, from the past, of a prefix, from what is compacted', async () => {
    await alike(['put', 'w1', '1']);
    const {stdout} = await alike(['get', 'w1', '-w', 'fields']);
    const revision = /"ModRevision" : (\d+)/.exec(stdout)?.[1] ?? '';
    await alike(['put', 'w1', '2']);
    await alike(['del', 'w1']);
    const past = await alikeUntil(['watch', '--prefix', 'w', '--rev', revision], /DELETE\nw1\n/);
    expect(past).toBe('PUT\nw1\n1\nPUT\nw1\n2\nDELETE\nw1\n\n');
    await alikeUntil(['watch', 'w1', '--rev', revision, '--prev-kv'], /DELETE\nw1\n2\n/);
    await alikeUntil(['watch', '-w', 'json', 'w1', '--rev', revision], /"type":1/);
    await alike(['watch', 'w1', '--rev', '2']);
    await alike(['watch', 'w1', 'echo', '--rev=2']);
    // It ends with its input, whether or not the answer has come by then.
    const input = 'watch w1 --rev=2\n';
    const ended = servers.map((server) => start(server, ['watch', '-i'], input).ended);
    for (const {code, stdout, stderr} of await Promise.all(ended)) {
      expect({code, stdout}).toEqual({code: 3, stdout: ''});
      expect(stderr).toContain('Error reading watch request line: EOF');
    }
  });
});

describe('leases', () => {
  it('grant, put, timetolive, keep-alive, list, revoke', async () => {
    const ids = await Promise.all(
      servers.map(async (server) => {
        const {stdout} = await start(server, ['lease', 'grant', '600']).ended;
        expect(plain(stdout, server)).toMatch(/^lease ID granted with TTL/);
        return /lease ([0-9a-f]+)/.exec(stdout)?.[1] ?? '';
      }),
    );
    const each = async (...args: string[]): Promise<void> => {
      const [left, right] = await Promise.all(
        servers.map(async (server, index) => {
          const own = args.map((arg) => arg.replace('LEASE', ids[index] ?? ''));
          const {code, stdout, stderr} = await start(server, own).ended;
          return {code, stdout: plain(stdout, server), stderr: plain(stderr, server)};
        }),
      );
      expect(right).toEqual(left);
    };
    await each('put', 'leased', '1', '--lease=LEASE');
    await each('get', 'leased', '-w', 'json');
    await each('lease', 'timetolive', 'LEASE', '--keys');
    await each('lease', 'keep-alive', '--once', 'LEASE');
    await each('lease', 'list');
    await each('lease', 'revoke', 'LEASE');
    await each('get', 'leased');
    await each('lease', 'revoke', 'LEASE');
    await each('lease', 'timetolive', 'LEASE');
    await each('lease', 'keep-alive', '--once', 'LEASE');
    await alike(['lease', 'grant', '9000000001']);
  });

  it('lock: one holder, released at the end of the command', async () => {
    expect((await alike(['lock', 'l', 'echo', 'held'])).stdout).toBe('held\n');
    const held = async (server: EtcdProcess): Promise<boolean> =>
      (await start(server, ['get', '--prefix', 'l/', '--keys-only']).ended).stdout !== '';
    const all = (expected: boolean) =>
      until(
        async () => (await Promise.all(servers.map(held))).every((one) => one === expected),
        LONG_MS,
        `the lock is ${expected ? 'held' : 'free'}`,
      );
    await all(false);
    await alikeUntil(['lock', 'l'], /^l\/[0-9a-f]+\n/, () => all(true));
    await all(false);
    expect((await alike(['lock', 'l', 'echo', 'again'])).stdout).toBe('again\n');
  });

  it('elect: who leads is seen by who listens', async () => {
    const leaders = servers.map((server) => start(server, ['elect', 'e', 'me']));
    try {
      await until(() => leaders.every((one) => one.output().includes('me')), LONG_MS, 'both lead');
      const seen = await alikeUntil(['elect', '-l', 'e'], /me\n/);
      expect(seen).toBe('e/ID\nme\n');
    } finally {
      await Promise.all(leaders.map((one) => one.stop()));
    }
  });
});

describe('the cluster', () => {
  it('member list, endpoint health and status, alarms, defrag', async () => {
    const words = async (...args: string[]): Promise<string[]> => {
      const outputs = await Promise.all(
        servers.map(async (server) => {
          const {code, stdout, stderr} = await start(server, args).ended;
          expect(code).toBe(0);
          // Health goes to stderr.
          return plain(stdout + stderr, server);
        }),
      );
      return outputs;
    };
    for (const output of await words('member', 'list'))
      expect(output).toMatch(/^ID, started, \w+, http:\/\/[\w.:]+, http:\/\/ENDPOINT, false\n$/);
    for (const output of await words('endpoint', 'health'))
      expect(output).toBe('ENDPOINT is healthy: successfully committed proposal: took = TIME\n');
    for (const output of await words('endpoint', 'status'))
      expect(output).toMatch(
        /^ENDPOINT, ID, 3\.4\.\d+(-sm)?, [\d.]+ [kMG]?B, true, false, \d+, \d+, \d+, \n$/,
      );
    for (const output of await words('endpoint', 'hashkv'))
      expect(output).toMatch(/^ENDPOINT, \d+\n$/);
    await alike(['alarm', 'list']);
    await alike(['alarm', 'disarm']);
    await alike(['defrag']);
    await alike(['move-leader', '1234']);
  });

  it('a snapshot, which the embedded server does not give: it says what to do instead', async () => {
    const embedded = servers[1] as EtcdProcess;
    const file = join(embedded.dataDir, '..', 'snapshot');
    const {code, stderr} = await start(embedded, ['snapshot', 'save', file]).ended;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/code = Unimplemented desc = etcdserver: .* use sm store export/);
    expect(existsSync(file)).toBe(false);
  });
});
