/** Which of some processes has dialled from a port of this machine: its socket in /proc says. */
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';

/** `pids`: process by name. '' when none of them has. */
export function whoDialled(port: number, pids: ReadonlyMap<string, number>): string {
  const inode = inodeOf(port);
  if (inode === undefined) return '';
  for (const [name, pid] of pids) if (holds(pid, inode)) return name;
  return '';
}

function inodeOf(port: number): string | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of lines(table)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(local) === true) return fields[9];
    }
  }
  return undefined;
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

function holds(pid: number, inode: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === `socket:[${inode}]`);
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
