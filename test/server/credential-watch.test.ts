/** Files of tokens and certificates that change while the daemon runs. */
import {mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {CredentialWatch} from '../../src/server/credential-watch.ts';
import {ownFolder} from '../support/own-folder.ts';

let folder: string;
let file: string;
let reloads: number;
let fault: Error | undefined;
let said: string[];
let tick: () => void;
let watch: CredentialWatch;

beforeEach(() => {
  folder = ownFolder('watch');
  file = join(folder, 'tokens');
  writeFileSync(file, 'one');
  [reloads, fault, said] = [0, undefined, []];
  const note = (_fields: object, text: string): void => void said.push(text);
  watch = new CredentialWatch({
    files: () => [file],
    reload: () => {
      reloads += 1;
      if (fault !== undefined) throw fault;
    },
    clock: {
      after: (_delayMs, callback) => {
        tick = callback;
        return {cancel: () => (tick = () => undefined)};
      },
    },
    logger: Object.assign(Object.create(silentLogger) as typeof silentLogger, {
      info: note,
      error: note,
    }),
  });
  watch.start();
});
afterEach(() => watch.stop());

describe('a file of tokens or certificates', () => {
  it('is read again once it has changed, and not before', () => {
    tick();
    expect(reloads).toBe(0);
    writeFileSync(file, 'another');
    tick();
    tick();
    expect(reloads).toBe(1);
    expect(said).toEqual(['a file of tokens or certificates has changed: read again']);
  });

  it('that a mount replaces by another link is, too', () => {
    for (const name of ['before', 'after']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'tokens'), 'same');
    }
    rmSync(file);
    symlinkSync('before/tokens', file);
    tick();
    rmSync(file);
    symlinkSync('after/tokens', file);
    tick();
    expect(reloads).toBe(2);
  });

  it('that cannot be used is refused once, and the next change is taken', () => {
    fault = new SmError('INVALID_CONFIG', 'no token in it');
    writeFileSync(file, '');
    tick();
    tick();
    expect(reloads).toBe(1);
    expect(said).toEqual([
      'a file of tokens or certificates has changed and is refused, the old ones stay',
    ]);
    fault = undefined;
    writeFileSync(file, 'good again');
    tick();
    expect(reloads).toBe(2);
  });

  it('that cannot be looked at ends nothing', () => {
    rmSync(file);
    symlinkSync('tokens', file);
    expect(tick).not.toThrow();
    rmSync(file);
    writeFileSync(file, 'back');
    tick();
    expect(reloads).toBe(2);
  });
});
