/** How many files and connections this process may have open at once, and who may take how many of them. */
import {readFileSync} from 'node:fs';
import {DESCRIPTORS_ASSUMED, DESCRIPTORS_RESERVED} from './limits.ts';

/** `ulimit -n` of this process; where the system does not say, what many systems allow. */
export function descriptorLimit(read: () => string = readLimits): number {
  const [, soft = ''] = /^Max open files\s+(\d+|unlimited)/m.exec(read()) ?? [];
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return soft === '' ? DESCRIPTORS_ASSUMED : Number(soft);
}

/** A server's part of what is left beside files and calls to others. Where the limit is low, half of it is left: a server with one connection serves nobody. */
export function descriptorShare(share: number, limit = descriptorLimit()): number {
  const left = Math.max(limit - DESCRIPTORS_RESERVED, limit / 2);
  return Math.max(1, Math.floor(left * share));
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
