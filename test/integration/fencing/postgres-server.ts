/** A PostgreSQL of its own for a test: in a temporary folder, reached by a socket in it, stopped by its own pid. */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync} from 'node:fs';
import {chown, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {LONG_MS, until} from '../../support/until.ts';

const DEBIAN = '/usr/lib/postgresql';
const run = promisify(execFile);

/** Folder of the server's programs; undefined where they or psql are not installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).map((one) => join(DEBIAN, one, 'bin'))
    : [];
  const onPath = (process.env['PATH'] ?? '').split(':');
  const has = (folder: string, program: string): boolean => existsSync(join(folder, program));
  if (!onPath.some((folder) => has(folder, 'psql'))) return undefined;
  return [...onPath, ...versions].find(
    (folder) => has(folder, 'initdb') && has(folder, 'postgres'),
  );
}

/** PostgreSQL refuses to run as root. */
async function account(): Promise<{uid?: number; gid?: number}> {
  if (userInfo().uid !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = await run('id', ['-u', name]).catch(() => undefined);
    const gid = await run('id', ['-g', name]).catch(() => undefined);
    if (uid !== undefined && gid !== undefined)
      return {uid: Number(uid.stdout), gid: Number(gid.stdout)};
  }
  throw new Error('no account to run PostgreSQL under');
}

export class PostgresServer {
  /** Of the socket. */
  readonly folder: string;
  private readonly child: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.child = child;
  }

  static async start(programs: string): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sm-pg-'));
    const user = await account();
    if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? user.uid);
    const data = join(folder, 'data');
    const create = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8'];
    await run(join(programs, 'initdb'), create, {...user, cwd: folder});
    const args = ['-D', data, '-k', folder, '-c', 'listen_addresses='];
    const child = spawn(join(programs, 'postgres'), args, {...user, cwd: folder, stdio: 'ignore'});
    const server = new PostgresServer(folder, child);
    const asked = ['-X', '-h', folder, '-U', 'postgres', '-d', 'postgres', '-c', 'SELECT 1'];
    const ready = (): Promise<boolean> =>
      run('psql', asked).then(
        () => true,
        () => false,
      );
    try {
      await until(ready, LONG_MS, 'PostgreSQL takes connections');
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGQUIT');
      await gone;
    }
    await rm(this.folder, {recursive: true, force: true});
  }
}
