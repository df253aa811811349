/**
 * The fencing examples under pauses: real containers, stopped between guard and write for longer than T. Without the token the old
 * owner's write lands on the new owner's; with it, never.
 */
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {Etcd3} from 'etcd3';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {TokenCheck} from '../../../examples/fencing/http.ts';
import {SCHEMA} from '../../../examples/fencing/postgresql.ts';
import type {JoinOptions} from '../../../src/container/index.ts';
import {formatToken} from '../../../src/model/token.ts';
import {bundled} from '../../support/bundle.ts';
import {LONG_MS, clusterOfFile} from '../../support/cluster.ts';
import {OPERATOR} from '../../support/least-rights.ts';
import {until} from '../../support/until.ts';
import {PostgresServer, postgresPrograms} from './postgres-server.ts';
import {Psql} from './psql.ts';
import {isStale, resourcesOf} from './resources.ts';
import type {Fenced, Places, Resource} from './resources.ts';
import type {WriterOrder, WriterReport} from './writer.ts';

const APP = 'fenced';
const SHARD = 's1';
const PAUSES = 2;
const WRITER = join(import.meta.dirname, 'writer.ts');
const programs = postgresPrograms();
const KINDS = ['etcd', 'http', ...(programs === undefined ? [] : ['postgresql'])];
const cluster = clusterOfFile();

/** Tokens in the order in which a resource has applied their writes. */
const applied = new Map<string, string[]>();

function note(resource: string, token: string): void {
  const tokens = applied.get(resource) ?? [];
  if (tokens.length === 0) applied.set(resource, tokens);
  tokens.push(token);
}

/** How often a write of an older owner came after one of a newer. */
function disorders(resource: string): number {
  let newest = '';
  let count = 0;
  for (const token of applied.get(resource) ?? []) {
    if (token < newest) count += 1;
    else newest = token;
  }
  return count;
}

class Writer {
  readonly reports: WriterReport[] = [];
  private readonly child: ChildProcess;

  constructor(options: JoinOptions, places: Places) {
    this.child = fork(bundled(WRITER), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child.on('message', (report) => this.reports.push(report as WriterReport));
    this.order({type: 'join', options, places});
  }

  get isStopped(): boolean {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  /** Writes that came through where tokens are compared: only an owner has more of them. Late naive ones come through, too. */
  get written(): number {
    const checked = (report: WriterReport): boolean =>
      report.type === 'written' && report.resource.endsWith(' checked');
    return this.reports.filter(checked).length;
  }

  /** Names of resources that have refused it. */
  get refusedBy(): string[] {
    return this.reports.flatMap((report) => (report.type === 'refused' ? [report.resource] : []));
  }

  get failures(): WriterReport[] {
    return this.reports.filter(({type}) => type === 'failed');
  }

  order(order: WriterOrder): void {
    this.child.send(order);
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** The HTTP resource: what it takes it writes down. */
function httpResource(): Server {
  const checks = new TokenCheck();
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const [, kind = '', shard = ''] = (request.url ?? '').split('/');
    const refusal = kind === 'checked' ? checks.refusal(shard, request) : undefined;
    if (refusal === undefined) note(`http ${kind}`, String(request.headers['fencing-token']));
    request.resume();
    response.writeHead(refusal ?? 204).end();
  };
  // A connection that is closed during the pause would hold the late write back, as luck has it.
  return createServer({keepAliveTimeout: 10 * LONG_MS}, take);
}

/** Every write leaves a line in `applied_writes`, in the order of the row's lock. */
const DATABASE = [
  SCHEMA,
  'CREATE TABLE naive_state (shard text PRIMARY KEY, body text NOT NULL)',
  'CREATE TABLE applied_writes (number bigserial PRIMARY KEY, resource text, token text)',
  `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     INSERT INTO applied_writes (resource, token) VALUES (TG_ARGV[0], NEW.body); RETURN NEW; END $$`,
  `CREATE TRIGGER note AFTER INSERT OR UPDATE ON naive_state FOR EACH ROW EXECUTE FUNCTION note('postgresql naive')`,
  `CREATE TRIGGER note AFTER UPDATE OF body ON shard_state FOR EACH ROW EXECUTE FUNCTION note('postgresql checked')`,
];

describe('a container that is stopped between guard and write', () => {
  const server = httpResource();
  let postgres: PostgresServer | undefined;
  let psql: Psql | undefined;
  let etcd: Etcd3 | undefined;
  const writers: Writer[] = [];
  let resources: Resource[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    if (programs !== undefined) {
      postgres = await PostgresServer.start(programs);
      psql = new Psql(postgres.folder);
      for (const statement of DATABASE) await psql.query(statement);
    }
    const {endpoint} = cluster().etcd;
    etcd = new Etcd3({hosts: [`http://${endpoint}`], ...OPERATOR});
    for (const kind of ['naive', 'checked']) {
      const watcher = await etcd.watch().key(`${kind}/${APP}/${SHARD}`).create();
      watcher.on('put', ({value}) => note(`etcd ${kind}`, value.toString()));
    }
    await cluster().createApp(APP);
    await cluster().addShards(APP, [SHARD]);
    const {port} = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const places = {app: APP, etcd: endpoint, url, postgres: postgres?.folder ?? ''};
    resources = resourcesOf(places);
    for (const id of ['a', 'b'])
      writers.push(new Writer(await cluster().joinOptions(APP, id), places));
  });

  afterAll(async () => {
    for (const writer of writers) writer.kill();
    psql?.close();
    await postgres?.stop();
    etcd?.close();
    server.close();
  });

  /** Returns the owner, stopped. On a starved machine the shard may change hands before the owner gets its order: then the next one gets it. */
  function stopOwner(): Promise<Writer> {
    let counts = writers.map(({written}) => written);
    let ordered: Writer | undefined;
    const look = (): Writer | undefined => {
      const owner = writers.find(({written}, index) => written > (counts[index] ?? 0));
      counts = writers.map(({written}) => written);
      if (owner !== undefined && owner !== ordered) {
        owner.order({type: 'stopAtNextWrite'});
        ordered = owner;
      }
      return writers.find(({isStopped}) => isStopped);
    };
    const failures = (): string => JSON.stringify(writers.map((one) => one.failures.at(-1)));
    return until(look, LONG_MS, () => `the owner stops between guard and write: ${failures()}`);
  }

  /** Stops whoever writes, until the other has written; then lets it go on. */
  async function outlive(): Promise<void> {
    const acting = await stopOwner();
    const [other] = writers.filter((writer) => writer !== acting);
    const before = other?.written ?? 0;
    await until(() => (other?.written ?? 0) > before + 20, LONG_MS, 'the other has the shard');
    const refusals = acting.refusedBy.length;
    acting.goOn();
    const refused = (): boolean => acting.refusedBy.length >= refusals + KINDS.length;
    await until(
      refused,
      LONG_MS,
      () => `its late writes are refused: ${JSON.stringify(acting.failures)}`,
    );
  }

  const onEach = (work: (kind: string) => void | Promise<void>) => {
    it.each(['etcd', 'http'])('%s', work);
    it.skipIf(programs === undefined)('postgresql', () => work('postgresql'));
  };

  it('goes on after its shard has got a new owner', async () => {
    for (let count = 0; count < PAUSES; count += 1) await outlive();
    const answer = await psql?.query('SELECT resource, token FROM applied_writes ORDER BY number');
    for (const {resource = '', token = ''} of answer?.rows ?? []) note(resource, token);
  });

  describe('writes over the new owner where no token is compared, and never where it is', () => {
    onEach((kind) => {
      expect(disorders(`${kind} naive`)).toBeGreaterThanOrEqual(PAUSES);
      expect(disorders(`${kind} checked`)).toBe(0);
      expect(applied.get(`${kind} checked`)?.length).toBeGreaterThan(20);
      const refused = writers.flatMap(({refusedBy}) => refusedBy);
      const times = refused.filter((resource) => resource === `${kind} checked`).length;
      expect(times).toBeGreaterThanOrEqual(PAUSES);
    });
  });

  describe('has no effect once a newer owner has written its token, be it nothing else', () => {
    onEach(async (kind) => {
      const found = resources.find(({name}) => name === `${kind} checked`);
      if (found === undefined) throw new Error(`no resource ${kind}`);
      const [old, newer] = [9, 10].map((revision) => ({
        id: `direct-${kind}`,
        token: formatToken({epoch: 0, revision}),
      })) as [Fenced, Fenced];
      await found.takeOver(old);
      await found.write(old, old.token);
      await found.takeOver(newer);
      await expect(found.write(old, old.token)).rejects.toSatisfy(isStale);
      await expect(found.takeOver(old)).rejects.toSatisfy(isStale);
      await found.takeOver(newer);
      await found.write(newer, newer.token);
    });
  });
});
