/** A disk that stops in the middle of things: a process killed at any operation, or a machine that loses its power. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import type {LogDisk} from '../../../src/embedded/write-ahead-log.ts';
import type {Random} from '../../simulation/random.ts';

/** `kill`: what was written is there. `power`: of what was not synced, each sector may be there or not. */
export type CrashKind = 'kill' | 'power';

export interface CrashPlan {
  readonly kind: CrashKind;
  /** Operations of the disk before it stops. */
  readonly operations: number;
  /** How likely a write finds the disk full, 0 to 1. */
  readonly fullChance: number;
}

const SECTOR_BYTES = 512;

export class CrashDisk implements LogDisk {
  crashed = false;
  private readonly random: Random;
  private readonly plan: CrashPlan;
  private left: number;
  /** Of files with unsynced changes: what the disk surely has. */
  private readonly synced = new Map<string, Buffer>();
  /** Names that the directory surely has. */
  private named: ReadonlySet<string> = new Set();
  private stop: (() => void) | undefined;
  /** Resolves when it has stopped. */
  readonly over = new Promise<void>((resolve) => (this.stop = resolve));

  constructor(random: Random, plan: CrashPlan) {
    this.random = random;
    this.plan = plan;
    this.left = plan.operations;
  }

  async write(fd: number, bytes: Buffer, position: number): Promise<void> {
    if (this.crashed) return this.halt();
    this.remember(fd);
    const last = this.isLast();
    const full = this.random.chance(this.plan.fullChance);
    const whole = !last && !full;
    const length = whole ? bytes.length : this.random.whole(0, bytes.length);
    for (let done = 0; done < length;)
      done += writeSync(fd, bytes, done, length - done, position + done);
    if (last) return this.halt();
    await this.turn();
    if (full) throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
  }

  async sync(fd: number): Promise<void> {
    if (this.isLast()) return this.halt();
    await this.turn();
    this.synced.delete(pathOf(fd));
  }

  syncNow(fd: number): void {
    this.synced.delete(pathOf(fd));
  }

  async truncate(fd: number, bytes: number): Promise<void> {
    if (this.isLast()) return this.halt();
    ftruncateSync(fd, bytes);
    await this.turn();
  }

  /** What has a name at the start keeps it. */
  begin(folder: string): void {
    this.named = new Set(readdirSync(folder));
  }

  /** Stands for the directory's own sync: what has a name now keeps it. @throws when the crash is now */
  syncNames(folder: string): void {
    if (this.isLast()) throw new Error('crashed');
    this.begin(folder);
  }

  /** Stops now; nothing that was asked for ends any more. */
  crash(): void {
    this.crashed = true;
    this.stop?.();
  }

  /** Leaves the files as the crash leaves them, and closes what the dead process had open. */
  settle(folder: string): void {
    for (const fd of openFiles(folder)) closeSync(fd);
    if (this.plan.kind === 'power') this.losePower(folder);
  }

  private isLast(): boolean {
    if (this.crashed) return true;
    this.left -= 1;
    if (this.left <= 0) this.crash();
    return this.crashed;
  }

  private halt(): Promise<void> {
    return new Promise(() => undefined);
  }

  /** Others run meanwhile, for longer or shorter. */
  private async turn(): Promise<void> {
    const turns = this.random.whole(0, 3);
    for (let index = 0; index < turns; index += 1)
      await new Promise((resolve) => setImmediate(resolve));
    if (this.crashed) await this.halt();
  }

  private remember(fd: number): void {
    const path = pathOf(fd);
    if (!this.synced.has(path)) this.synced.set(path, readFileSync(path));
  }

  /** Names that the directory had not on disk yet may be gone, and what was not synced of a file that is there. */
  private losePower(folder: string): void {
    for (const name of readdirSync(folder)) {
      if (this.named.has(name) || !this.random.chance(0.5)) continue;
      if (name.startsWith('snapshot-')) renameSync(join(folder, name), join(folder, `${name}.tmp`));
      else if (name.startsWith('log-')) rmSync(join(folder, name));
    }
    for (const [path, before] of this.synced) {
      const name = existsSync(path) ? path : path.replace(/\.tmp$/, '');
      if (existsSync(name)) this.loseSectors(name, before);
    }
  }

  private loseSectors(path: string, before: Buffer): void {
    const after = readFileSync(path);
    const kept = Buffer.alloc(after.length);
    const lossChance = this.random.pick([0, 0.1, 0.5, 1]);
    for (let at = 0; at < after.length; at += SECTOR_BYTES) {
      const source = this.random.chance(lossChance) ? before : after;
      source.subarray(at, at + SECTOR_BYTES).copy(kept, at);
    }
    const isShort = this.random.chance(0.3) && before.length < kept.length;
    writeFileSync(path, isShort ? kept.subarray(0, before.length) : kept);
  }
}

function pathOf(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`);
}

function openFiles(folder: string): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        // The lock's beat is written by another thread, which closes its file itself.
        return pathOf(fd).startsWith(`${folder}/`) && !pathOf(fd).includes('/lock.');
      } catch {
        // The one that lists them.
        return false;
      }
    });
}
