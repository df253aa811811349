import {readFileSync} from 'node:fs';

/** The same for all processes of a machine until it is booted again; undefined where the system tells no such thing. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
