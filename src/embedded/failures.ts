/** Failures as etcd 3.4 words them: clients match on code and text. */
import {status} from '@grpc/grpc-js';
import {messageOf} from '../model/failure-text.ts';

const TABLE = {
  emptyKey: [status.INVALID_ARGUMENT, 'etcdserver: key is not provided'],
  keyNotFound: [status.INVALID_ARGUMENT, 'etcdserver: key not found'],
  valueProvided: [status.INVALID_ARGUMENT, 'etcdserver: value is provided'],
  leaseProvided: [status.INVALID_ARGUMENT, 'etcdserver: lease is provided'],
  tooManyOps: [status.INVALID_ARGUMENT, 'etcdserver: too many operations in txn request'],
  duplicateKey: [status.INVALID_ARGUMENT, 'etcdserver: duplicate key given in txn request'],
  invalidSortOption: [status.INVALID_ARGUMENT, 'etcdserver: invalid sort option'],
  requestTooLarge: [status.INVALID_ARGUMENT, 'etcdserver: request is too large'],
  compacted: [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted'],
  futureRevision: [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision'],
  noSpace: [status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded'],
  leaseNotFound: [status.NOT_FOUND, 'etcdserver: requested lease not found'],
  leaseExists: [status.FAILED_PRECONDITION, 'etcdserver: lease already exists'],
  leaseTtlTooLarge: [status.OUT_OF_RANGE, 'etcdserver: too large lease TTL'],
  memberUrls: [status.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
  singleMember: [
    status.FAILED_PRECONDITION,
    'etcdserver: the embedded store has one member and accepts no other',
  ],
  noSnapshots: [
    status.UNIMPLEMENTED,
    'etcdserver: the embedded store does not support snapshots: stop its daemon and use sm store export, or copy its data directory',
  ],
  memberNotFound: [status.NOT_FOUND, 'etcdserver: member not found'],
  notLearner: [status.FAILED_PRECONDITION, 'etcdserver: can only promote a learner member'],
  badLeaderTransferee: [status.FAILED_PRECONDITION, 'etcdserver: bad leader transferee'],
  rootUserNotExist: [status.FAILED_PRECONDITION, 'etcdserver: root user does not exist'],
  userEmpty: [status.INVALID_ARGUMENT, 'etcdserver: user name is empty'],
  userNotFound: [status.FAILED_PRECONDITION, 'etcdserver: user name not found'],
  roleNotFound: [status.FAILED_PRECONDITION, 'etcdserver: role name not found'],
  authFailed: [
    status.INVALID_ARGUMENT,
    'etcdserver: authentication failed, invalid user ID or password',
  ],
  tooManyRequests: [status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests'],
  // Not as the one before: a client may take that for a request that was not carried out, and this may be the answer to a write that was.
  answersFull: [
    status.RESOURCE_EXHAUSTED,
    'etcdserver: the embedded store has no room for this answer: others are not read',
  ],
  authNotEnabled: [status.FAILED_PRECONDITION, 'etcdserver: authentication is not enabled'],
  configuredUser: [
    status.FAILED_PRECONDITION,
    'etcdserver: the user of this store is configured where it is started',
  ],
  invalidAuthToken: [status.UNAUTHENTICATED, 'etcdserver: invalid auth token'],
  stopped: [status.UNAVAILABLE, 'etcdserver: server stopped'],
} as const satisfies Record<string, readonly [status, string]>;

export type FailureName = keyof typeof TABLE;

/** A refusal that goes to the client as it stands. */
export class EtcdFailure extends Error {
  override readonly name = 'EtcdFailure';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export function failure(name: FailureName): EtcdFailure {
  const [code, text] = TABLE[name];
  return new EtcdFailure(code, text);
}

/** Of a store whose disk has failed; only reading it all anew helps. `cause`: what the system said. */
export function diskFailed(cause: unknown): EtcdFailure {
  const said = messageOf(cause);
  return new EtcdFailure(
    status.INTERNAL,
    `etcdserver: the embedded store writes nothing more until its daemon is restarted: ${said}`,
  );
}
