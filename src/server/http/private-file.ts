/** Who may read a file that holds a secret: its owner, and a group that this process is of, as Kubernetes mounts them (0440, root:fsGroup). */
import {readPlainFile} from '../../config/index.ts';
import {SmError} from '../../model/errors.ts';

const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_MAY_WRITE = 0o020;

/** `any`: whoever mounts the files answers for who reads them. */
export type FilePermissions = 'strict' | 'any';

export interface FileRights {
  readonly mode: number;
  readonly gid: number;
}

/** @throws SmError INVALID_CONFIG when others than owner and own group may read the file, or the group may write it. */
export function refuseOpenFile(
  what: string,
  path: string,
  rights: FileRights,
  permissions: FilePermissions,
  groups: readonly number[] = ownGroups(),
): void {
  const {mode, gid} = rights;
  const forGroup = (mode & GROUP) === 0 || ((mode & GROUP_MAY_WRITE) === 0 && groups.includes(gid));
  if (permissions === 'any' || ((mode & OTHERS) === 0 && forGroup)) return;
  throw new SmError('INVALID_CONFIG', `${what} ${path} can be read by others`, {
    hint: `chmod 600 ${path}, or give it mode 0440 and a group of this process (${groups.join(', ')}), as fsGroup does; else set filePermissions: any`,
  });
}

/**
 * The content of a file with a secret. Opened once, so that what is checked is what is read; a pipe or device is refused instead of waited for.
 * @throws SmError INVALID_CONFIG when it cannot be read, is not a plain file, is larger than `mostBytes`, or others may read it.
 */
export function readPrivateFile(
  what: string,
  path: string,
  permissions: FilePermissions,
  mostBytes: number,
): Buffer {
  return readPlainFile(what, path, mostBytes, (rights) =>
    refuseOpenFile(what, path, rights, permissions),
  );
}

/** Windows has none. */
function ownGroups(): number[] {
  return [
    ...new Set([
      ...(process.getegid === undefined ? [] : [process.getegid()]),
      ...(process.getgroups?.() ?? []),
    ]),
  ];
}
