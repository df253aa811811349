/** Files that are no configuration of a daemon, whatever stands in them. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {loadConfig} from '../../src/config/index.ts';
import {CONFIG_LIMIT_BYTES} from '../../src/config/limits.ts';
import {ownFolder} from '../support/own-folder.ts';

it('a file is refused when it is too large, not there, or a folder', () => {
  const folder = ownFolder('config');
  const large = join(folder, 'large.yml');
  writeFileSync(large, `#${'x'.repeat(CONFIG_LIMIT_BYTES)}`);
  expect(() => loadConfig(large)).toThrow(/larger than 1048576 bytes/);
  expect(() => loadConfig(join(folder, 'none.yml'))).toThrow(/cannot be read: ENOENT/);
  expect(() => loadConfig(folder)).toThrow(/is not a plain file/);
});
