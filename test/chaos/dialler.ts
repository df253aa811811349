/** Which of some processes has dialled from a port of this machine: its socket in /proc says. */
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';

/** Inode of a connection that no process has any more. */
const NOBODY = '0';

/** `pids`: process by name. '' when none of them has. */
export function whoDialled(port: number, pids: ReadonlyMap<string, number>): string {
  const inodes = inodesOf(port);
  if (inodes.size === 0) return '';
  for (const [name, pid] of pids) if (holdsOne(pid, inodes)) return name;
  return '';
}

/** Several connections to different places may have one port here; those that are over are listed for a minute, and are nobody's. */
function inodesOf(port: number): Set<string> {
  const found = new Set<string>();
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of lines(table)) {
      const fields = line.trim().split(/\s+/);
      const [, address = '', , , , , , , , inode = NOBODY] = fields;
      if (address.endsWith(local) && inode !== NOBODY) found.add(inode);
    }
  }
  return found;
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

function holdsOne(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => {
      const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`)) ?? [];
      return inodes.has(inode);
    });
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
