import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {AuditFile, lostAuditLines} from '../../src/runtime/audit-file.ts';
import {AUDIT_FILE_BACKLOG_BYTES} from '../../src/runtime/limits.ts';
import type {AuditEntry} from '../../src/model/audit.ts';
import {auditLog} from '../../src/store/audited-write.ts';
import type {OnAudited} from '../../src/store/audited-write.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {LONG_MS, pause, until} from '../support/until.ts';

let folder: string;
let path: string;
let file: AuditFile;
let onAudited: OnAudited;
let errors: object[];
let logged: object[];
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'sm-audit-file-'));
  path = join(folder, 'audit.jsonl');
  [errors, logged] = [[], []];
  const logger: Logger = {
    ...silentLogger,
    error: (fields) => errors.push(fields),
    info: (fields) => logged.push(fields),
  };
  file = new AuditFile(path, logger);
  onAudited = auditLog(logger, file);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await file.close();
  fs.rmSync(folder, {recursive: true});
});

function entry(requestId: string, reason = ''): AuditEntry {
  return {
    ...{v: 1, at: '2026-01-02T03:04:05.000Z', who: 'ci', from: '10.0.0.1', operation: 'delSpec'},
    ...{service: 'orders', objects: ['orders'], objectCount: 1, detail: {secret: 'no'}},
    ...{changed: [], requestId, reason},
  };
}

/** Whole ones: a long one may be under way. */
const lines = (at = path): {requestId: string}[] =>
  fs
    .readFileSync(at, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as {requestId: string});

const has = (count: number, at = path): Promise<unknown> =>
  until(() => fs.existsSync(at) && lines(at).length === count, LONG_MS, `${count} lines in ${at}`);

describe('the audit file', () => {
  it('gets a line for each entry, as the log, and is for its owner alone', async () => {
    onAudited(entry('r1'), 'committed');
    onAudited(entry('r2'), 'unknown');
    await has(2);
    const {v: _v, detail: _detail, changed: _changed, ...said} = entry('r1');
    expect(lines()).toEqual([
      {...said, outcome: 'committed'},
      {...said, requestId: 'r2', outcome: 'unknown'},
    ]);
    expect(logged).toEqual(lines());
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps what is there, and goes on in a new file once it was renamed and opened again', async () => {
    onAudited(entry('r1'), 'committed');
    await has(1);
    const old = join(folder, 'audit.1');
    fs.renameSync(path, old);
    file.reopen();
    await until(() => fs.existsSync(path), LONG_MS, 'the new file');
    onAudited(entry('r2'), 'committed');
    await has(1);
    await file.close();
    file = new AuditFile(path, silentLogger);
    onAudited = auditLog(silentLogger, file);
    onAudited(entry('r3'), 'committed');
    await has(2);
    expect([lines(old), lines()].map((all) => all.map(({requestId}) => requestId))).toEqual([
      ['r1'],
      ['r2', 'r3'],
    ]);
  });

  it('that cannot be written keeps lines for when it can, counts those beyond, and says so once', async () => {
    onAudited(entry('r1'), 'committed');
    await has(1);
    const before = lostAuditLines();
    const full = Object.assign(new Error('ENOSPC: no space left'), {code: 'ENOSPC'});
    const refuse = (...given: unknown[]): void => {
      const answer = given.at(-1) as (error: Error) => void;
      setImmediate(() => answer(full));
    };
    vi.spyOn(fs, 'write').mockImplementation(refuse as never);
    onAudited(entry('r2'), 'committed');
    await until(() => errors.length === 1, LONG_MS, 'the error');
    const long = 'x'.repeat(AUDIT_FILE_BACKLOG_BYTES / 2);
    for (const id of ['r3', 'r4', 'r5']) onAudited(entry(id, long), 'committed');
    await new Promise(setImmediate);
    expect(errors).toEqual([{file: path, why: full.message, lost: before}]);
    expect(lostAuditLines() - before).toBe(2);
    vi.restoreAllMocks();
    onAudited(entry('r6'), 'committed');
    await has(4);
    expect(lines().map(({requestId}) => requestId)).toEqual(['r1', 'r2', 'r3', 'r6']);
  });

  it('that could not be opened again at first closes the old one once: its number may be a connection by then', async () => {
    onAudited(entry('r1'), 'committed');
    await has(1);
    const away = `${folder}.away`;
    fs.renameSync(folder, away);
    let attempts = 0;
    const {open} = fs;
    const noted = (...given: unknown[]): void => {
      const answer = given.pop() as (...said: unknown[]) => void;
      const done = (...said: unknown[]): void => {
        answer(...said);
        attempts += 1;
      };
      Reflect.apply(open, fs, [...given, done]);
    };
    vi.spyOn(fs, 'open').mockImplementation(noted as never);
    const closed = vi.spyOn(fs, 'close');
    for (const attempt of [1, 2]) {
      file.reopen();
      await until(() => attempts === attempt, LONG_MS, 'an attempt is over');
    }
    fs.renameSync(away, folder);
    fs.renameSync(path, join(folder, 'audit.1'));
    file.reopen();
    onAudited(entry('r2'), 'committed');
    await has(1);
    await until(() => closed.mock.calls.length > 0, LONG_MS, 'the old one is closed');
    await pause(20);
    expect(closed.mock.calls.map(([descriptor]) => descriptor)).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it.each([
    ['a pipe', 'is not a plain file', (at: string) => void execFileSync('mkfifo', [at])],
    ['a directory', 'is not a plain file', (at: string) => void fs.mkdirSync(at)],
    ['without a directory', 'cannot be written: ENOENT', () => undefined],
  ])('is refused: %s', (name, problem, make) => {
    const at = name.startsWith('without') ? join(folder, 'none', 'x') : join(folder, 'x');
    make(at);
    expect(() => new AuditFile(at, silentLogger)).toThrow(`audit.file ${at} ${problem}`);
  });
});
