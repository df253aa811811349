import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';

it('tests have a home of their own and none of the settings of whoever runs them', () => {
  expect(homedir()).toContain('sm-home-');
  expect(readdirSync(process.env['XDG_CONFIG_HOME'] ?? '')).toEqual([]);
  const foreign = Object.keys(process.env).filter(
    (name) => /^SM_(?!TEST_)/.test(name) || /_proxy$/i.test(name),
  );
  expect(foreign).toEqual([]);
});

it('no variable of a hostile shell reaches a test', () => {
  const hostile = {
    ...{SM_CONTEXT: 'x', OCLIF_COLUMNS: '10', DEBUG: '*', CI: '1'},
    ...{ETCDCTL_USER: 'x', ETCD_NAME: 'x', HTTP_PROXY: 'http://127.0.0.1:1', no_proxy: '*'},
    ...{NODE_TLS_REJECT_UNAUTHORIZED: '0', NO_COLOR: '1', FORCE_COLOR: '3', TERM: 'dumb'},
    ...{TMUX: 'x', COLUMNS: '40', LINES: '10', LC_ALL: 'tr_TR.UTF-8'},
  };
  const changed = {LANG: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu', NODE_ENV: 'production'};
  const module = JSON.stringify(join(import.meta.dirname, 'own-environment.ts'));
  const print = 'console.log(JSON.stringify([new Date(0).getHours(), process.env]))';
  const child = spawnSync(
    join('node_modules', '.bin', 'tsx'),
    ['--input-type=module', '--eval', `await import(${module}); ${print}`],
    {env: {...process.env, ...hostile, ...changed}},
  );
  const [hour, seen] = JSON.parse(child.stdout.toString()) as [number, Record<string, string>];
  expect(Object.keys(hostile).filter((name) => name in seen)).toEqual([]);
  expect(seen).toMatchObject({LANG: 'C.UTF-8', TZ: 'UTC', NODE_ENV: 'test'});
  expect(hour).toBe(0);
});

it('neither a test nor a process that it starts has __proto__', () => {
  expect(() => Reflect.get({}, '__proto__')).toThrow('__proto__');
  const child = spawnSync(process.execPath, ['-e', '({}).__proto__']);
  expect(child.stderr.toString()).toContain('ERR_PROTO_ACCESS');
});

it('tests leave no home behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sm-left-'));
  try {
    const vitest = join('node_modules', '.bin', 'vitest');
    const env = {...process.env, TMPDIR: folder};
    const child = spawnSync(vitest, ['run', 'test/cli/changes.test.ts'], {env});
    expect(child.status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});
