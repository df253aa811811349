/**
 * What a logged request does to the store. The same requests in the same order give the same store, whenever they are
 * applied: that is how a restart gets it back. So nothing here may depend on time, on a quota or on an alarm; requests are
 * refused for such reasons before they are logged.
 */
import type {Version} from './event-log.ts';
import {Keyspace} from './keyspace.ts';
import {singleKey} from './key-range.ts';
import {LeaseTable} from './lease-table.ts';
import {checkLease, checkPutAgainst, deleteRange, put} from './operations.ts';
import {int} from './requests.ts';
import type {
  AlarmRequest,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRequest,
  PutRequest,
  TxnRequest,
} from './requests.ts';
import {transact} from './transaction.ts';

export type Command =
  | {readonly kind: 'put'; readonly request: PutRequest}
  | {readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest}
  | {readonly kind: 'txn'; readonly request: TxnRequest}
  | {readonly kind: 'compact'; readonly request: CompactionRequest}
  | {readonly kind: 'grant'; readonly request: LeaseGrantRequest}
  | {readonly kind: 'revoke'; readonly request: LeaseRequest}
  | {readonly kind: 'alarm'; readonly request: AlarmRequest};

/** A reply without what the services add to every header. */
export interface Reply {
  header: {revision?: number};
}

export interface Alarm {
  readonly memberID: string;
  readonly alarm: number;
}

export interface AlarmReply extends Reply {
  alarms: Alarm[];
}

export type EventListener = (events: readonly Version[]) => void;

const ALARM_NONE = 0;
export const ALARM_NOSPACE = 1;
export const ALARM_GET = 0;
const ACTIVATE = 1;
const DEACTIVATE = 2;

export class StateMachine {
  readonly keys = new Keyspace();
  readonly leases: LeaseTable;
  alarms: Alarm[] = [];
  /** Called with every committed revision. */
  listener: EventListener | undefined;
  /** Commands applied since the store was made. */
  applied = 0;

  constructor(nowMs: () => number) {
    this.leases = new LeaseTable(nowMs);
  }

  /** @throws EtcdFailure; nothing is changed then. */
  apply(command: Command): Reply {
    this.applied += 1;
    const reply = this.run(command);
    const events = this.keys.commit();
    if (events.length > 0) this.listener?.(events);
    return reply;
  }

  /** The alarms of a kind; ALARM_NONE: all. */
  alarmsOf(alarm = ALARM_NONE): readonly Alarm[] {
    return this.alarms.filter((raised) => alarm === ALARM_NONE || raised.alarm === alarm);
  }

  private run(command: Command): Reply {
    switch (command.kind) {
      case 'put':
        // Inside a transaction the key is looked for first.
        checkLease(this.leases, command.request);
        checkPutAgainst(this, command.request);
        return put(this, command.request);
      case 'deleteRange':
        return deleteRange(this, command.request);
      case 'txn':
        return transact(this, command.request);
      case 'compact':
        this.keys.compact(int(command.request.revision));
        return {header: {}};
      case 'grant':
        return this.grant(command.request);
      case 'revoke':
        return this.revoke(command.request);
      case 'alarm':
        return this.alarm(command.request);
    }
  }

  private grant({ID: id = '0', TTL}: LeaseGrantRequest): Reply & {ID: string; TTL: number} {
    return {header: {}, ID: id, TTL: this.leases.grant(id, int(TTL))};
  }

  /** All keys of the lease go in one revision. */
  private revoke({ID: id = '0'}: LeaseRequest): Reply {
    for (const key of this.leases.revoke(id)) this.keys.deleteRange(singleKey(key));
    return {header: {}};
  }

  /** Raises or clears an alarm; the reply has what was raised, or cleared. */
  private alarm({action = 0, alarm = ALARM_NONE, memberID = '0'}: AlarmRequest): AlarmReply {
    const known = this.alarms.filter(
      (raised) => raised.alarm === alarm && raised.memberID === memberID,
    );
    if (action === DEACTIVATE)
      this.alarms = this.alarms.filter((raised) => !known.includes(raised));
    if (action !== ACTIVATE || known.length > 0) return {header: {}, alarms: known};
    const raised = {memberID, alarm};
    this.alarms.push(raised);
    return {header: {}, alarms: [raised]};
  }
}
