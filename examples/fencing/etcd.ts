/**
 * Fencing in etcd. The token of the newest owner stands in `tok/<app>/<shard>`; each write compares it in the same transaction.
 * Every value that belongs to the shard is written by `put` and by nothing else.
 */
import type {Etcd3} from 'etcd3';

/** A `Shard` of the SDK fits. */
export interface Fenced {
  readonly id: string;
  readonly token: string;
}

/** A newer owner has written its token: stop working for the shard. */
export class StaleTokenError extends Error {}

export class FencedEtcd {
  private readonly etcd: Etcd3;
  private readonly app: string;

  constructor(etcd: Etcd3, app: string) {
    this.etcd = etcd;
    this.app = app;
  }

  /** Makes every older owner harmless. Call it first in `add`, before anything is loaded. @throws StaleTokenError. */
  async takeOver(shard: Fenced): Promise<void> {
    const key = this.tokenKey(shard);
    const put = this.etcd.put(key).value(shard.token);
    const first = await this.etcd.if(key, 'Create', '==', 0).then(put).commit();
    if (first.succeeded) return;
    // Tokens have a fixed width: etcd compares them as text, and that is their order.
    const newer = await this.etcd.if(key, 'Value', '<', shard.token).then(put).commit();
    if (newer.succeeded) return;
    if ((await this.etcd.get(key).string()) !== shard.token) throw stale(shard);
  }

  /** Writes a value for the shard. @throws StaleTokenError, and then nothing is written. */
  async put(shard: Fenced, key: string, value: string): Promise<void> {
    const {succeeded} = await this.etcd
      .if(this.tokenKey(shard), 'Value', '==', shard.token)
      .then(this.etcd.put(key).value(value))
      .commit();
    if (!succeeded) throw stale(shard);
  }

  private tokenKey(shard: Fenced): string {
    return `tok/${this.app}/${shard.id}`;
  }
}

function stale(shard: Fenced): StaleTokenError {
  return new StaleTokenError(`shard ${shard.id} has a newer owner than ${shard.token}`);
}
