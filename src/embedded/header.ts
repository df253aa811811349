import type {Identity} from './identity.ts';
import type {StateMachine} from './state-machine.ts';

/** A 64-bit number as the encoder takes it without parsing text for every reply. */
interface Bits {
  readonly low: number;
  readonly high: number;
  readonly unsigned: true;
}

export interface Header {
  cluster_id: Bits;
  member_id: Bits;
  revision: number;
  raft_term: number;
}

/** A single member elects itself once. */
export const RAFT_TERM = 2;

/** Makes the header of every reply. */
export class Headers {
  private readonly clusterId: Bits;
  private readonly memberId: Bits;
  private readonly machine: StateMachine;

  constructor(identity: Identity, machine: StateMachine) {
    this.clusterId = bits(identity.clusterId);
    this.memberId = bits(identity.memberId);
    this.machine = machine;
  }

  /** With the newest revision unless another is given. */
  at(revision: number = this.machine.keys.revision): Header {
    return {
      cluster_id: this.clusterId,
      member_id: this.memberId,
      revision,
      raft_term: RAFT_TERM,
    };
  }

  /** The reply with its whole header. */
  fill<T extends {header: {revision?: number}}>(reply: T): T {
    reply.header = this.at(reply.header.revision);
    return reply;
  }
}

function bits(decimal: string): Bits {
  const value = BigInt(decimal);
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: true,
  };
}
