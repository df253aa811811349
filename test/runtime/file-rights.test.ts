import {describe, expect, it} from 'vitest';
import {refuseOpenFile} from '../../../src/server/http/private-file.ts';

const OURS = 2_000;
const FOREIGN = 3_000;

function refused(mode: number, gid: number, permissions: 'strict' | 'any' = 'strict'): boolean {
  try {
    refuseOpenFile('token file', '/t', {mode: 0o100_000 | mode, gid}, permissions, [0, OURS]);
    return false;
  } catch (error) {
    expect(error).toMatchObject({code: 'INVALID_CONFIG'});
    expect((error as {hint?: string}).hint).toContain('filePermissions: any');
    return true;
  }
}

describe('a file with a secret', () => {
  it.each([
    ['of its owner alone', 0o600, FOREIGN, false],
    ['of a group of this process, as Kubernetes mounts it', 0o440, OURS, false],
    ['of another group', 0o440, FOREIGN, true],
    ['that its group may write', 0o660, OURS, true],
    ['of everybody', 0o444, OURS, true],
    ['that everybody may write', 0o602, OURS, true],
  ])('%s', (_name, mode, gid, wanted) => {
    expect(refused(mode, gid)).toBe(wanted);
    expect(refused(mode, gid, 'any')).toBe(false);
  });
});
