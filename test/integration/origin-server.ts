/** What a server of the Go project leaves in etcd and does for a running app, letter by letter as it writes it; it never moves a shard. */
import {Etcd3} from 'etcd3';
import {OPERATOR} from '../support/least-rights.ts';

const GUARD_TTL_S = 15;
const SESSION_TTL_S = 5;

export class OriginServer {
  private readonly etcd: Etcd3;
  private readonly service: string;
  private readonly sessionTtlS: number;
  private session = '';
  private readonly guards = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  /** `sessionTtlS`: seconds that its session outlives the last renewal; default 5, as the Go project has it. */
  constructor(endpoint: string, service: string, sessionTtlS = SESSION_TTL_S) {
    this.etcd = new Etcd3({hosts: endpoint, ...OPERATOR});
    this.service = service;
    this.sessionTtlS = sessionTtlS;
  }

  /** Leads: `leader/<lease>` lives as long as its session. */
  async start(): Promise<this> {
    await this.putSpec(this.service);
    this.session = (await this.etcd.leaseClient.leaseGrant({TTL: this.sessionTtlS})).ID;
    const hex = BigInt(this.session).toString(16);
    await this.etcd
      .put(`/sm/app/${this.service}/leader/${hex}`)
      .value('{"containerId":"10.0.0.9:8801","createTime":1700000000}')
      .lease(this.session);
    this.timer = setInterval(() => void this.keepAlive(), 1_000);
    return this;
  }

  /** SIGKILL: nothing is renewed any more. */
  kill(): void {
    clearInterval(this.timer);
    this.etcd.close();
  }

  /** SIGTERM: its session ends at once, the guards when their leases do. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.etcd.leaseClient.leaseRevoke({ID: this.session});
    this.etcd.close();
  }

  async createApp(app: string, shards: readonly string[]): Promise<void> {
    await this.putSpec(app);
    await this.put(`${this.specs(this.service)}/shard/${app}`, {
      ...{id: '', service: this.service, task: `{"governedService":"${app}"}`},
      ...{updateTime: 1_700_000_000, manualContainerId: '', group: '', workerGroup: ''},
      lease: null,
    });
    for (const shard of shards)
      await this.put(`${this.specs(app)}/shard/${shard}`, specOf(app, shard));
  }

  /** A guard as after a rebalance. */
  async rebalance(app: string): Promise<void> {
    const guard = (await this.etcd.leaseClient.leaseGrant({TTL: GUARD_TTL_S})).ID;
    this.guards.set(app, guard);
    await this.etcd
      .put(`/sm/app/${app}/lease/guard`)
      .value(`{"id":${guard},"expire":9223372036854775777}`);
  }

  async add(app: string, container: {readonly id: string}, shard: string): Promise<void> {
    const lease = `{"id":${this.guards.get(app)},"expire":9223372036854775777}`;
    const spec = JSON.stringify(specOf(app, shard)).replace('"lease":null', `"lease":${lease}`);
    const reply = await fetch(`http://${container.id}/sm/admin/add-shard`, {
      method: 'POST',
      body: `{"id":${JSON.stringify(shard)},"spec":${spec}}`,
    });
    if (!reply.ok) throw new Error(`add of ${shard}: ${await reply.text()}`);
  }

  private async putSpec(app: string): Promise<void> {
    const spec = {service: app, createTime: 1_700_000_000, maxShardCount: 0, maxRecoveryTime: 0};
    await this.put(`${this.specs(app)}/spec`, spec);
    await this.put(`/sm/app/${app}/lease/guard`, {id: 0, expire: 0});
    await this.etcd.put(`/sm/app/${app}/containerhb/`).value('');
  }

  private specs(app: string): string {
    return `/sm/app/${this.service}/service/${app}`;
  }

  private async put(key: string, value: object): Promise<void> {
    await this.etcd.put(key).value(JSON.stringify(value));
  }

  private async keepAlive(): Promise<void> {
    for (const ID of [this.session, ...this.guards.values()]) {
      const stream = await this.etcd.leaseClient.leaseKeepAlive();
      stream.on('error', () => undefined);
      stream.on('data', () => stream.end());
      stream.write({ID});
    }
  }
}

function specOf(app: string, shard: string): object {
  return {
    ...{id: '', service: app, task: `task of ${shard}`, updateTime: 1_700_000_000},
    ...{manualContainerId: '', group: '', workerGroup: '', lease: null},
  };
}
