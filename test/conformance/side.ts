/** One of two servers that are compared: takes the steps of a sequence, answers in a form that both share. */
import type {EtcdProcess} from '../support/etcd-process.ts';
import {Wire} from '../support/wire.ts';
import type {Answer, Message, Refusal} from '../support/wire.ts';
import {plain, revisionOf} from './plain.ts';
import {bytes, leaseId, requestOf, revisionAt} from './requests.ts';
import {LEASES} from './steps.ts';
import type {LeaseStep, Operation, Step} from './steps.ts';
import {WatchLog} from './watch-log.ts';

const METHODS = {put: 'KV.Put', range: 'KV.Range', delete: 'KV.DeleteRange', txn: 'KV.Txn'};

/** gRPC's DEADLINE_EXCEEDED and UNAVAILABLE. */
const UNANSWERED: ReadonlySet<number> = new Set([4, 14]);

export class Side {
  base = 0;
  /** The newest revision that a reply has told. */
  revision = 0;
  compacted = 0;
  private readonly server: EtcdProcess;
  private wire: Wire;
  readonly prefix = '';
  private watches: WatchLog;

  constructor(server: EtcdProcess) {
    this.server = server;
    this.wire = new Wire(server.endpoint);
    this.watches = new WatchLog(this.wire, this);
  }

  /** No keys, no leases, no watches; the base is a revision that nothing before can have compacted. */
  async begin(): Promise<void> {
    this.base = 0;
    const {leases} = (await this.must('Lease.LeaseLeases', {})) as {leases: {ID: string}[]};
    for (const {ID} of leases) await this.must('Lease.LeaseRevoke', {ID});
    const everything = {key: bytes('\0'), range_end: bytes('\0')};
    await this.must('KV.DeleteRange', everything);
    const {revision} = plain(await this.must('KV.Put', {key: bytes('!')}), this);
    this.base = revision as number;
    this.revision = this.base;
    this.compacted = 0;
    this.watches = new WatchLog(this.wire, this);
  }

  /** The streams are closed; what they told, in the form that both sides share. */
  async end(): Promise<unknown> {
    await this.settle();
    this.watches.close();
    return this.watches.record();
  }

  /** Ends a sequence that went wrong. */
  abandon(): void {
    this.watches.close();
  }

  close(): void {
    this.watches.close();
    this.wire.close();
  }

  /** Kills the server right after a write and starts it again: what it said it has done must still be so. */
  async restart(): Promise<void> {
    await this.flush();
    await this.call('KV.Put', {key: bytes('!'), value: bytes('killed')});
    this.wire.close();
    await this.server.kill('SIGKILL');
    await this.server.restart();
    this.wire = new Wire(this.server.endpoint);
    this.watches = new WatchLog(this.wire, this);
  }

  /**
   * Has everything in the server's database. After a kill, etcd 3.4 applies again what came after the last write of a key that its database
   * has, but on the leases of later (etcd-io/etcd#11935): a put that it refused before it granted the lease would go through.
   */
  private async flush(): Promise<void> {
    await this.must('KV.Put', {key: bytes('!'), value: bytes('flushed')});
    await this.must('Maintenance.Hash', {});
  }

  /** All that can be read: the keys at every revision that is left, the leases and their keys, all events. */
  async state(): Promise<unknown> {
    const everything = {key: bytes('\0'), range_end: bytes('\0')};
    const revisions: unknown[] = [];
    const first = Math.max(this.base, this.compacted);
    for (let revision = first; revision <= this.revision; revision += 1)
      revisions.push(await this.call('KV.Range', {...everything, revision}));
    const leases: unknown[] = [];
    for (let lease = 0; lease < LEASES; lease += 1)
      leases.push(await this.lease({do: 'timeToLive', lease}));
    const past = {do: 'watch', stream: 0, key: '\0', end: '\0', prev: true} as const;
    await this.watches.create({...past, from: this.revision - first}, this);
    return {revisions, leases, events: await this.end()};
  }

  async perform(step: Step): Promise<unknown> {
    switch (step.do) {
      case 'put':
      case 'range':
      case 'delete':
      case 'txn':
        return this.operate(step);
      case 'watch':
        return this.watches.create(step, this);
      case 'cancel':
        // What was still under way to a canceled watch may or may not come.
        await this.settle();
        return this.watches.cancel(step.stream, step.id);
      case 'progress':
        await this.settle();
        return this.watches.progress(step.stream);
      case 'compact':
        return this.compact(step.at);
      default:
        return this.lease(step);
    }
  }

  private async operate(operation: Operation): Promise<unknown> {
    return this.call(METHODS[operation.do], requestOf(operation, this));
  }

  private async compact(back: number): Promise<unknown> {
    // A watch reads what was there before when it sends; a compaction in between would be a race.
    await this.settle();
    const revision = revisionAt(back, this);
    const reply = await this.call('KV.Compact', {revision, physical: true});
    if (typeof reply === 'object' && reply !== null && !('error' in reply))
      this.compacted = revision;
    return reply;
  }

  private async lease(step: LeaseStep): Promise<unknown> {
    if (step.do === 'leases') {
      const reply = (await this.call('Lease.LeaseLeases', {})) as {leases?: {ID: string}[]};
      return {...reply, leases: (reply.leases ?? []).map(({ID}) => ID).sort()};
    }
    const ID = leaseId(step.lease);
    if (step.do === 'grant') return this.call('Lease.LeaseGrant', {ID, TTL: step.ttl});
    if (step.do === 'revoke') return this.call('Lease.LeaseRevoke', {ID});
    if (step.do === 'keepAlive') return this.keepAlive(ID);
    const reply = (await this.call('Lease.LeaseTimeToLive', {ID, keys: true})) as {
      TTL: number;
      keys?: string[];
    };
    // The time left is each server's own, and so is the order of the keys.
    return {...reply, TTL: Math.sign(reply.TTL), keys: [...(reply.keys ?? [])].sort()};
  }

  private async keepAlive(ID: string): Promise<unknown> {
    const stream = this.wire.open('Lease.LeaseKeepAlive');
    try {
      stream.send({ID});
      return plain(await stream.message(0), this);
    } finally {
      stream.close();
    }
  }

  /** Writes what every watch must see, and waits until they have: then nothing is under way. */
  private async settle(): Promise<void> {
    const {put, deleted} = this.watches.markers();
    const puts = (keys: readonly string[]) =>
      keys.map((key) => ({request_put: {key: bytes(key), value: bytes('settled')}}));
    const deletions = deleted.map((key) => ({request_delete_range: {key: bytes(key)}}));
    const revisions = {put: 0, deleted: 0};
    if (deleted.length > 0) {
      await this.call('KV.Txn', {success: puts(deleted)});
      await this.call('KV.Txn', {success: deletions});
      revisions.deleted = this.revision;
    }
    if (put.length > 0) {
      await this.call('KV.Txn', {success: puts(put)});
      revisions.put = this.revision;
    }
    await this.watches.settled(revisions);
  }

  private async call(method: string, request: object): Promise<unknown> {
    const answer = await this.wire.call(method, request);
    if ('code' in answer) {
      const {code, error} = answer as Refusal;
      // Nobody knows what became of the request: nothing that could be compared.
      if (UNANSWERED.has(code)) throw new Error(`${method}: ${error}`);
      return answer;
    }
    this.revision = Math.max(this.revision, revisionOf(answer));
    return plain(answer, this);
  }

  private async must(method: string, request: object): Promise<Message> {
    const answer: Answer = await this.wire.call(method, request);
    if ('code' in answer) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer as Message;
  }
}
