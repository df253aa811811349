/** Whose a file or directory is, and who else may read or write it. */
import {SmError} from '../model/errors.ts';

const OTHERS = 0o007;
const OTHERS_MAY_WRITE = 0o002;
const GROUP = 0o070;
const GROUP_MAY_WRITE = 0o020;
const ROOT = 0;

/**
 * `owner`: nobody else. `group`: also a group that this process is of, as Kubernetes mounts files (0440, root:fsGroup). `volume`: such a group may write,
 * too, as Kubernetes lets fsGroup write to all files of a volume at each start of a pod. `any`: whoever mounts the files answers for who reads them, and
 * for whose they are.
 */
export type Readers = 'owner' | 'group' | 'volume' | 'any';

/** `filePermissions` of the configuration. */
export type FilePermissions = 'strict' | 'any';

export interface FileRights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Of a process; Windows has none. */
export interface Identity {
  readonly user: number | undefined;
  readonly groups: readonly number[];
}

/** @throws SmError INVALID_CONFIG when it is another user's, and not root's: its owner could read and write it. */
export function refuseForeignOwner(
  what: string,
  path: string,
  {uid}: FileRights,
  {user}: Identity = ownIdentity(),
): void {
  if (user === undefined || uid === user || uid === ROOT) return;
  throw new SmError('INVALID_CONFIG', `${what} ${path} belongs to another user (${uid})`, {
    hint: `chown ${user} ${path}; where it is mounted with another owner, set filePermissions: any for files of settings`,
  });
}

/** @throws SmError INVALID_CONFIG when others than the owner, and the group as `readers` says, may read it or write it. */
export function refuseOthers(
  what: string,
  path: string,
  rights: FileRights,
  readers: Readers,
  identity: Identity = ownIdentity(),
): void {
  if (!isOpenToOthers(rights, readers, identity)) return;
  const mounted = `, or give it mode 0440 and a group of this process (${identity.groups.join(', ')}), as fsGroup does; else set filePermissions: any`;
  throw new SmError('INVALID_CONFIG', `${what} ${path} can be read by others`, {
    hint: `chmod 600 ${path}${readers === 'group' ? mounted : ''}`,
  });
}

/** Others than the owner, and the group as `readers` says, may read it or write it. */
export function isOpenToOthers(
  {mode, gid}: Pick<FileRights, 'mode' | 'gid'>,
  readers: Readers,
  {groups, user}: Identity = ownIdentity(),
): boolean {
  if (readers === 'any' || user === undefined) return false;
  const mayWrite = (mode & GROUP_MAY_WRITE) !== 0;
  const isGroupAllowed = readers === 'volume' || (readers === 'group' && !mayWrite);
  const isGroupFine = (mode & GROUP) === 0 || (isGroupAllowed && groups.includes(gid));
  return (mode & OTHERS) !== 0 || !isGroupFine;
}

/**
 * For directories: who may read the names in it is not asked.
 * @throws SmError INVALID_CONFIG when others may put files into it, or a group that this process is not of.
 */
export function refuseOtherWriters(
  what: string,
  path: string,
  {mode, gid}: FileRights,
  {groups, user}: Identity = ownIdentity(),
): void {
  if (user === undefined) return;
  const isGroupFine = (mode & GROUP_MAY_WRITE) === 0 || groups.includes(gid);
  if ((mode & OTHERS_MAY_WRITE) === 0 && isGroupFine) return;
  throw new SmError('INVALID_CONFIG', `${what} ${path} can be written by others`, {
    hint: `chmod go-w ${path}, or name a directory below it, which is then created for its owner only; else set filePermissions: any`,
  });
}

function ownIdentity(): Identity {
  const groups = [
    ...(process.getegid === undefined ? [] : [process.getegid()]),
    ...(process.getgroups?.() ?? []),
  ];
  return {user: process.getuid?.(), groups: [...new Set(groups)]};
}
