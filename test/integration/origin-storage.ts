/** Where a container of the Go project keeps the shards that it runs: below `s/<id>/` in etcd, or in a file of its own (bolt). */
import {readFileSync, writeFileSync} from 'node:fs';
import type {Etcd3} from 'etcd3';
import {parseJson} from '../../src/protocol/foreign-json.ts';
import {encodeRecord} from '../../src/protocol/records.ts';

export interface Lease {
  id: number | bigint;
  expire: number | bigint;
}

export interface Stored {
  spec: {id: string; lease: Lease | null; [field: string]: unknown};
  disp: boolean;
  drop: boolean;
}

export interface OriginStorage {
  /** What was kept, as not yet begun: for a start. */
  load(): Promise<Map<string, Stored>>;
  put(shard: string, stored: Stored): Promise<void>;
  remove(shard: string): Promise<void>;
}

export class EtcdStorage implements OriginStorage {
  private readonly etcd: Etcd3;
  private readonly prefix: string;

  constructor(etcd: Etcd3, prefix: string) {
    this.etcd = etcd;
    this.prefix = prefix;
  }

  async load(): Promise<Map<string, Stored>> {
    const found = await this.etcd.getAll().prefix(this.prefix).strings();
    return new Map(
      Object.entries(found).map(([key, value]) => [key.slice(this.prefix.length), fresh(value)]),
    );
  }

  async put(shard: string, stored: Stored): Promise<void> {
    await this.etcd.put(this.prefix + shard).value(encodeRecord(stored));
  }

  async remove(shard: string): Promise<void> {
    await this.etcd.delete().key(this.prefix + shard);
  }
}

export class FileStorage implements OriginStorage {
  private readonly file: string;
  private readonly kept = new Map<string, string>();

  constructor(file: string) {
    this.file = file;
  }

  load(): Promise<Map<string, Stored>> {
    try {
      const lines = JSON.parse(readFileSync(this.file, 'utf8')) as [string, string][];
      for (const [shard, value] of lines) this.kept.set(shard, value);
    } catch {
      // Its first start.
    }
    const entries = [...this.kept].map(([shard, value]): [string, Stored] => [shard, fresh(value)]);
    return Promise.resolve(new Map(entries));
  }

  put(shard: string, stored: Stored): Promise<void> {
    this.kept.set(shard, encodeRecord(stored));
    return this.write();
  }

  remove(shard: string): Promise<void> {
    this.kept.delete(shard);
    return this.write();
  }

  private write(): Promise<void> {
    writeFileSync(this.file, JSON.stringify([...this.kept]));
    return Promise.resolve();
  }
}

function fresh(value: string): Stored {
  return {...(parseJson(value) as Stored), disp: false};
}
