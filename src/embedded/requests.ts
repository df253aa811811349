/** Messages of etcd's API as they come off the wire: absent fields are undefined, 64-bit numbers are text, enums numbers. */

export interface RangeRequest {
  readonly key?: Buffer;
  readonly range_end?: Buffer;
  readonly limit?: string;
  readonly revision?: string;
  readonly sort_order?: number;
  readonly sort_target?: number;
  readonly keys_only?: boolean;
  readonly count_only?: boolean;
  readonly min_mod_revision?: string;
  readonly max_mod_revision?: string;
  readonly min_create_revision?: string;
  readonly max_create_revision?: string;
}

export interface PutRequest {
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly lease?: string;
  readonly prev_kv?: boolean;
  readonly ignore_value?: boolean;
  readonly ignore_lease?: boolean;
}

export interface DeleteRangeRequest {
  readonly key?: Buffer;
  readonly range_end?: Buffer;
  readonly prev_kv?: boolean;
}

export interface RequestOp {
  readonly request_range?: RangeRequest;
  readonly request_put?: PutRequest;
  readonly request_delete_range?: DeleteRangeRequest;
  readonly request_txn?: TxnRequest;
}

export interface Compare {
  readonly result?: number;
  readonly target?: number;
  readonly key?: Buffer;
  readonly range_end?: Buffer;
  readonly version?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
  readonly value?: Buffer;
  readonly lease?: string;
}

export interface TxnRequest {
  readonly compare?: readonly Compare[];
  readonly success?: readonly RequestOp[];
  readonly failure?: readonly RequestOp[];
}

export interface CompactionRequest {
  readonly revision?: string;
  readonly physical?: boolean;
}

export interface LeaseGrantRequest {
  readonly TTL?: string;
  readonly ID?: string;
}

export interface LeaseRequest {
  readonly ID?: string;
  /** Of a time-to-live request. */
  readonly keys?: boolean;
}

export interface AlarmRequest {
  readonly action?: number;
  readonly memberID?: string;
  readonly alarm?: number;
}

export interface WatchCreateRequest {
  readonly key?: Buffer;
  readonly range_end?: Buffer;
  readonly start_revision?: string;
  readonly progress_notify?: boolean;
  readonly filters?: readonly number[];
  readonly prev_kv?: boolean;
  readonly watch_id?: string;
  readonly fragment?: boolean;
}

export interface WatchRequest {
  readonly create_request?: WatchCreateRequest;
  readonly cancel_request?: {readonly watch_id?: string};
  readonly progress_request?: object;
}

/** Where only the revision is known yet; the service adds the rest at the top of a reply. */
export interface ReplyHeader {
  revision?: number;
}

export interface WireKeyValue {
  key: Buffer;
  create_revision?: number;
  mod_revision: number;
  version?: number;
  value?: Buffer;
  lease?: string;
}

export interface RangeResponse {
  header: ReplyHeader;
  kvs: WireKeyValue[];
  more: boolean;
  count: number;
}

export interface PutResponse {
  header: ReplyHeader;
  prev_kv?: WireKeyValue;
}

export interface DeleteRangeResponse {
  header: ReplyHeader;
  deleted: number;
  prev_kvs: WireKeyValue[];
}

export interface ResponseOp {
  response_range?: RangeResponse;
  response_put?: PutResponse;
  response_delete_range?: DeleteRangeResponse;
  response_txn?: TxnResponse;
}

export interface TxnResponse {
  header: ReplyHeader;
  succeeded: boolean;
  responses: ResponseOp[];
}

/** A revision or count. Beyond 2^53 it is inexact, which no comparison with a real revision can notice. */
export function int(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}
