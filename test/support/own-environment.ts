/**
 * Runs before each test file: nothing of whoever runs the tests may decide how they end. Home and XDG folders are empty ones of the file's own;
 * settings of sm, of etcd and of Node, proxies, terminal, colours, locale and time zone are as on a fresh machine. Node runs without
 * `__proto__`, here (vitest.config.ts) and in child processes: whatever sets a prototype by a foreign name throws. Child processes inherit all of it.
 */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const home = mkdtempSync(join(process.env['SM_TEST_HOMES'] ?? tmpdir(), 'sm-home-'));
process.once('exit', () => rmSync(home, {recursive: true, force: true}));

const FOREIGN = new RegExp(
  `^(${[
    ...['SM_(?!TEST_).*', 'OCLIF_.*', 'DEBUG', 'CI', 'CONTINUOUS_INTEGRATION'],
    ...['ETCDCTL_.*', 'ETCD_(?!UNSUPPORTED_ARCH$).*'],
    ...['(HTTPS?|ALL|NO)_PROXY', '(https?|all|no)_proxy'],
    ...['NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED'],
    ...['NO_COLOR', 'FORCE_COLOR', 'COLORTERM', 'TERM', 'TERM_PROGRAM', 'TMUX', 'COLUMNS', 'LINES'],
    ...['LC_.*', 'LANGUAGE'],
  ].join('|')})$`,
);
for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];

Object.assign(process.env, {
  HOME: home,
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  // What Vitest sets where nobody has.
  NODE_ENV: 'test',
  NODE_OPTIONS: '--disable-proto=throw',
});
for (const name of ['CONFIG', 'DATA', 'STATE', 'CACHE']) {
  const folder = join(home, name.toLowerCase());
  mkdirSync(folder);
  process.env[`XDG_${name}_HOME`] = folder;
}
