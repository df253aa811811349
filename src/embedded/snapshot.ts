/**
 * A snapshot: all of the store as of one entry of the log, in frames: head (JSON), versions, end. It is written in pieces while
 * the store goes on: history up to a revision does not change any more, and nothing is freed meanwhile.
 */
import {closeSync, openSync, renameSync, rmSync} from 'node:fs';
import {SmError} from '../model/errors.ts';
import type {DataDirectory} from './data-directory.ts';
import type {Version} from './event-log.ts';
import {FrameReader} from './frame-reader.ts';
import {encodeFrame} from './frames.ts';
import type {Keyspace} from './keyspace.ts';
import {ALARM_NOSPACE} from './state-machine.ts';
import type {Alarm, StateMachine} from './state-machine.ts';
import {decodeVersions, encodeVersion, encodedBytes} from './version-codec.ts';
import type {LogDisk} from './write-ahead-log.ts';
import {SNAPSHOT_CHUNK_BYTES, SNAPSHOT_KEYS_PER_TURN} from './limits.ts';

interface Head {
  readonly revision: number;
  readonly compactRevision: number;
  readonly applied: number;
  readonly alarms: readonly Alarm[];
  /** Id and granted TTL, s. */
  readonly leases: readonly (readonly [id: string, ttlSeconds: number])[];
}

const HEAD = 0;
const BASE = 1;
const EVENTS = 2;
const END = 3;

/** Writes the state as it is at the call; the machine may go on meanwhile, the sweeper may not. Leaves no file when it fails. */
export async function writeSnapshot(
  directory: DataDirectory,
  sequence: number,
  machine: StateMachine,
  disk: LogDisk,
): Promise<void> {
  const head = headOf(machine);
  const path = directory.snapshotPath(sequence);
  const draft = `${path}.tmp`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    const out = new SnapshotWriter(fd, disk);
    await out.write(HEAD, Buffer.from(JSON.stringify(head)));
    await writeBase(out, machine.keys, head.revision);
    await writeEvents(out, machine.keys, head.revision);
    await out.write(END, Buffer.alloc(0));
    await disk.sync(fd);
  } catch (error) {
    rmSync(draft, {force: true});
    throw error;
  } finally {
    closeSync(fd);
  }
  // From here on a draft of that name may be another process's.
  directory.lock.verify();
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, {force: true});
    throw error;
  }
  directory.sync();
}

/** Loads into a machine that is new. @throws SmError STORE_CORRUPT */
export function readSnapshot(path: string, machine: StateMachine): void {
  const fd = openSync(path, 'r');
  try {
    const reader = new FrameReader(fd);
    let head: Head | undefined;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      const {body} = frame;
      if (body[0] === HEAD) {
        head = JSON.parse(body.toString('utf8', 1)) as Head;
        for (const [id, ttlSeconds] of head.leases) machine.leases.grant(id, ttlSeconds);
      } else if (body[0] === END && head !== undefined) {
        finish(machine, head);
        return;
      } else loadVersions(machine, body);
    }
    throw new SmError(
      'STORE_CORRUPT',
      `${path}: the snapshot is damaged at byte ${reader.offset}`,
      {
        hint: 'restore the data directory from a copy',
      },
    );
  } finally {
    closeSync(fd);
  }
}

class SnapshotWriter {
  private readonly fd: number;
  private readonly disk: LogDisk;
  private position = 0;
  private sequence = 0;

  constructor(fd: number, disk: LogDisk) {
    this.fd = fd;
    this.disk = disk;
  }

  async write(kind: number, content: Buffer): Promise<void> {
    this.sequence += 1;
    const frame = encodeFrame(this.sequence, Buffer.concat([Buffer.from([kind]), content]));
    await this.disk.write(this.fd, frame, this.position);
    this.position += frame.length;
  }

  async versions(kind: number, versions: readonly Version[]): Promise<void> {
    let total = 0;
    for (const version of versions) total += encodedBytes(version);
    const content = Buffer.allocUnsafe(total);
    let at = 0;
    for (const version of versions) at = encodeVersion(version, content, at);
    await this.write(kind, content);
  }
}

function headOf({keys, leases, alarms, applied}: StateMachine): Head {
  return {
    revision: keys.revision,
    compactRevision: keys.compactRevision,
    applied,
    alarms,
    leases: leases.list().map(({id, ttlSeconds}) => [id, ttlSeconds] as const),
  };
}

async function writeBase(out: SnapshotWriter, keys: Keyspace, revision: number): Promise<void> {
  for (let from: string | undefined = ''; from !== undefined;) {
    const {versions, next} = keys.base(from, {
      keys: SNAPSHOT_KEYS_PER_TURN,
      bytes: SNAPSHOT_CHUNK_BYTES,
    });
    await out.versions(
      BASE,
      versions.filter(({modRevision}) => modRevision <= revision),
    );
    from = next;
  }
}

async function writeEvents(out: SnapshotWriter, keys: Keyspace, revision: number): Promise<void> {
  let chunk: Version[] = [];
  let bytes = 0;
  for (let position = 0; ; position += 1) {
    const event = keys.events.at(position);
    if (event === undefined || event.modRevision > revision) break;
    chunk.push(event);
    bytes += encodedBytes(event);
    if (bytes < SNAPSHOT_CHUNK_BYTES) continue;
    await out.versions(EVENTS, chunk);
    chunk = [];
    bytes = 0;
  }
  await out.versions(EVENTS, chunk);
}

function loadVersions({keys, leases}: StateMachine, body: Buffer): void {
  const isEvent = body[0] === EVENTS;
  decodeVersions(
    body,
    1,
    (id) => leases.nameOf(id),
    (version) => keys.load(version, isEvent),
  );
}

function finish(machine: StateMachine, head: Head): void {
  const {keys, leases} = machine;
  keys.finishLoad(head.revision, head.compactRevision);
  machine.applied = head.applied;
  // Want of room is of the process before: quota and disk may be larger now, and where they are not the next write raises it again.
  machine.alarms = head.alarms.filter(({alarm}) => alarm !== ALARM_NOSPACE);
  const everything = {from: '', to: undefined, single: false};
  for (const {key, lease} of keys.read(everything).versions) leases.attach(lease, key);
}
