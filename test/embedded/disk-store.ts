/** The store without its server, in a directory: opened, closed, or dropped as a crash drops it. */
import {Commits} from '../../src/embedded/commits.ts';
import {DataDirectory} from '../../src/embedded/data-directory.ts';
import {Persistence} from '../../src/embedded/persistence.ts';
import {StateMachine} from '../../src/embedded/state-machine.ts';
import type {Command, Reply} from '../../src/embedded/state-machine.ts';
import {Sweeper} from '../../src/embedded/sweeper.ts';
import {wire} from '../../src/embedded/wire.ts';
import type {LogDisk} from '../../src/embedded/write-ahead-log.ts';
import {silentLogger} from '../../src/runtime/logger.ts';

/** Those of this process. */
export const openStores = new Set<DiskStore>();

export interface DiskStoreOptions {
  readonly disk?: LogDisk;
  readonly snapshotBytes?: number;
  readonly quotaBytes?: number;
}

export class DiskStore {
  readonly machine = new StateMachine(() => performance.now());
  readonly sweeper = new Sweeper(this.machine.keys);
  readonly directory: DataDirectory;
  readonly commits: Commits;
  private readonly persistence: Persistence;

  static async open(path: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
    return new DiskStore(await DataDirectory.open(path), options);
  }

  private constructor(directory: DataDirectory, options: DiskStoreOptions) {
    this.directory = directory;
    try {
      const {machine, sweeper} = this;
      const {disk, snapshotBytes} = options;
      this.persistence = new Persistence({
        ...{directory, machine, sweeper, wire: wire(), logger: silentLogger},
        ...(disk === undefined ? {} : {disk}),
        ...(snapshotBytes === undefined ? {} : {snapshotBytes}),
      });
    } catch (error) {
      this.directory.close();
      throw error;
    }
    this.commits = new Commits({
      machine: this.machine,
      journal: this.persistence,
      quotaBytes: options.quotaBytes ?? 1024 ** 3,
      memberId: '1',
    });
    openStores.add(this);
  }

  async submit(command: Command): Promise<Reply> {
    return this.commits.submit(command, wire().encode(command.kind, command.request));
  }

  put(key: string, value = '', lease = '0'): Promise<Reply> {
    const request = {key: Buffer.from(key), value: Buffer.from(value), lease};
    return this.submit({kind: 'put', request});
  }

  /** All that can be read, oldest revision first, with leases, alarms and ids. */
  content(): unknown {
    const {identity} = this.directory;
    return {identity, alarms: this.machine.alarms, ...contentOf(this.machine)};
  }

  async close(): Promise<void> {
    await this.commits.close();
    await this.persistence.close();
    this.drop();
  }

  /** As a crash: nothing is written any more. */
  drop(): void {
    if (openStores.delete(this)) this.directory.close();
  }
}

/** What a store holds, without its alarms. */
export function contentOf({keys, leases}: StateMachine): object {
  const range = {from: '', to: undefined, single: false};
  const revisions = [];
  for (let at = Math.max(1, keys.compactRevision); at <= keys.revision; at += 1)
    revisions.push(
      keys
        .read(range, {revision: at})
        .versions.map(({key, value, lease, createRevision, modRevision, version}) => ({
          ...{key, value, lease, createRevision, modRevision, version},
        })),
    );
  const events = [];
  for (let position = 0; keys.events.at(position) !== undefined; position += 1) {
    const {key, modRevision, version} = keys.events.at(position) ?? {};
    events.push({key, modRevision, version});
  }
  const held = leases.list().map(({id, ttlSeconds, keys: list}) => ({
    ...{id, ttlSeconds, keys: [...list].sort()},
  }));
  return {
    revision: keys.revision,
    compactRevision: keys.compactRevision,
    revisions,
    events,
    leases: held.sort((a, b) => a.id.localeCompare(b.id)),
  };
}
