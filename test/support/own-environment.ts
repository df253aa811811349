/**
 * Runs before each test file: nothing of whoever runs the tests may decide how they end. Home and XDG folders are empty ones of the file's own;
 * settings of sm, proxies, colours and the locale are as on a fresh machine. Node runs without `__proto__`, here (vitest.config.ts) and in child
 * processes: whatever sets a prototype by a foreign name throws. Child processes inherit all of it.
 */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const home = mkdtempSync(join(tmpdir(), 'sm-home-'));
process.once('exit', () => rmSync(home, {recursive: true, force: true}));

const FOREIGN =
  /^(SM_(?!TEST_).*|LC_.*|LANGUAGE|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy|NO_COLOR|ETCDCTL_.*)$/;
for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];

Object.assign(process.env, {
  HOME: home,
  LANG: 'C.UTF-8',
  NODE_OPTIONS: '--disable-proto=throw',
});
for (const name of ['CONFIG', 'DATA', 'STATE', 'CACHE']) {
  const folder = join(home, name.toLowerCase());
  mkdirSync(folder);
  process.env[`XDG_${name}_HOME`] = folder;
}
