import {describe, expect, it} from 'vitest';
import {
  refuseForeignOwner,
  refuseOtherWriters,
  refuseOthers,
} from '../../src/runtime/file-rights.ts';
import type {Identity, Readers} from '../../src/runtime/file-rights.ts';

const [OURS, FOREIGN] = [2_000, 3_000];
const US: Identity = {user: 1_000, groups: [0, OURS]};
const WINDOWS: Identity = {user: undefined, groups: []};

function hintOf(work: () => void): string {
  try {
    work();
    return 'taken';
  } catch (error) {
    expect(error).toMatchObject({code: 'INVALID_CONFIG'});
    return String((error as {hint?: string}).hint);
  }
}

function refusalOf(mode: number, gid: number, readers: Readers, who = US): string {
  const rights = {mode: 0o100_000 | mode, uid: 0, gid};
  return hintOf(() => refuseOthers('token file', '/t', rights, readers, who));
}

describe('a file with a secret', () => {
  it.each([
    ['of its owner alone', 0o600, FOREIGN, 'owner'],
    ['of a group of this process, as Kubernetes mounts it', 0o440, OURS, 'group'],
    ['of another group', 0o440, FOREIGN, 'nobody'],
    ['that its group may write', 0o660, OURS, 'nobody'],
    ['of everybody', 0o444, OURS, 'nobody'],
    ['that everybody may write', 0o602, OURS, 'nobody'],
  ])('%s', (_name, mode, gid, least) => {
    const taken = {owner: ['owner', 'group'], group: ['group'], nobody: []}[least] ?? [];
    for (const readers of ['owner', 'group'] as const)
      expect(refusalOf(mode, gid, readers) === 'taken').toBe(taken.includes(readers));
    expect(refusalOf(mode, gid, 'any')).toBe('taken');
    expect(refusalOf(mode, gid, 'owner', WINDOWS)).toBe('taken');
  });

  it('that is refused says how to fix it', () => {
    expect(refusalOf(0o444, OURS, 'owner')).toBe('chmod 600 /t');
    expect(refusalOf(0o444, OURS, 'group')).toContain('filePermissions: any');
  });

  it('is of this user or of root', () => {
    const ownerHint = (uid: number, who = US) =>
      hintOf(() => refuseForeignOwner('token file', '/t', {mode: 0o100_600, uid, gid: 0}, who));
    expect([ownerHint(1_000), ownerHint(0), ownerHint(1_001, WINDOWS)]).toEqual([
      'taken',
      'taken',
      'taken',
    ]);
    expect(ownerHint(1_001)).toContain('chown 1000 /t');
  });
});

describe('a directory', () => {
  it.each([
    ['of its owner alone', 0o700, FOREIGN, true],
    ['that everybody may look into', 0o755, FOREIGN, true],
    ['that a group of this process may write, as fsGroup makes it', 0o2770, OURS, true],
    ['that another group may write', 0o770, FOREIGN, false],
    ['that everybody may write', 0o777, OURS, false],
    ['that everybody may write, and remove what is theirs', 0o1777, OURS, false],
  ])('%s', (_name, mode, gid, wanted) => {
    const rights = {mode: 0o40_000 | mode, uid: 0, gid};
    const refusal = hintOf(() => refuseOtherWriters('data directory', '/d', rights, US));
    if (wanted) expect(refusal).toBe('taken');
    else expect(refusal).toContain('chmod go-w /d');
  });
});

describe('a file of the store', () => {
  it.each([
    ['of its owner alone', 0o600, FOREIGN, true],
    ['of a group of this process, as fsGroup makes it', 0o660, OURS, true],
    ['of another group', 0o640, FOREIGN, false],
    ['of everybody', 0o604, OURS, false],
  ])('%s', (_name, mode, gid, wanted) => {
    const rights = {mode: 0o100_000 | mode, uid: 0, gid};
    const refusal = hintOf(() => refuseOthers('file of the store', '/f', rights, 'volume', US));
    expect(refusal).toBe(wanted ? 'taken' : 'chmod 600 /f');
  });
});
