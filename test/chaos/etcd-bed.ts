/** Three members of etcd whose every connection, to clients and to each other, goes through a relay. */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {EtcdMember} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {Wire} from '../support/wire.ts';
import type {Answer} from '../support/wire.ts';
import {whoDialled} from './dialler.ts';
import {Relay} from './relay.ts';

export const VERSIONS = ['3.4', '3.5', '3.6', '3.7'] as const;
export type EtcdVersion = (typeof VERSIONS)[number];
const MEMBERS = 3;

export interface ChaosMember {
  readonly name: string;
  readonly process: EtcdMember;
  /** Its client port, for those who must not be under a fault. */
  readonly endpoint: string;
  /** From the other members to this one. */
  readonly peers: Relay;
}

/** Path of the program; built when it is missing. */
export function etcdProgram(version: EtcdVersion): string {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'etcd-versions.sh');
  return execFileSync(script, [version], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

export class EtcdBed {
  readonly members: readonly ChaosMember[];
  private readonly folder: string;

  private constructor(members: readonly ChaosMember[], folder: string) {
    this.members = members;
    this.folder = folder;
  }

  static async start(version: EtcdVersion): Promise<EtcdBed> {
    const program = etcdProgram(version);
    const folder = mkdtempSync(join(tmpdir(), 'sm-chaos-'));
    const ports = await freePorts(2 * MEMBERS);
    const pids = new Map<string, number>();
    const plans = await Promise.all(
      Array.from({length: MEMBERS}, async (_, index) => {
        const [client = 0, peer = 0] = ports.slice(2 * index);
        const name = `etcd${index}`;
        const target = {host: '127.0.0.1', port: peer};
        const peers = new Relay({
          name: `peers>${name}`,
          target,
          whoDialled: (port) => whoDialled(port, pids),
        });
        await peers.listen();
        return {
          name,
          client: `http://127.0.0.1:${client}`,
          peer: `http://127.0.0.1:${peer}`,
          peers,
        };
      }),
    );
    const cluster = plans.map(({name, peers}) => `${name}=http://${peers.endpoint}`).join(',');
    const members = plans.map(({name, client, peer, peers}): ChaosMember => {
      const dataDir = join(folder, name);
      const args = [
        ...['--name', name, '--data-dir', dataDir, '--log-level', 'fatal', '--logger', 'zap'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...[
          '--listen-peer-urls',
          peer,
          '--initial-advertise-peer-urls',
          `http://${peers.endpoint}`,
        ],
        ...['--initial-cluster', cluster, '--initial-cluster-token', 'sm-chaos'],
      ];
      const serves = (): Promise<boolean> => healthy(client);
      const plan = {name, dataDir, clientUrl: client, peerUrl: peer, healthUrl: client};
      const process = new EtcdMember(plan, {kind: 'etcd', program, args, serves});
      return {name, process, endpoint: process.endpoint, peers};
    });
    const bed = new EtcdBed(members, folder);
    for (const member of members) bed.launch(member, pids);
    await bed.ready();
    bed.pids = pids;
    return bed;
  }

  private pids = new Map<string, number>();

  get endpoints(): string[] {
    return this.members.map(({endpoint}) => endpoint);
  }

  /** Nothing when it runs. */
  launch({name, process}: ChaosMember, pids = this.pids): void {
    if (process.pid !== undefined) return;
    process.start();
    pids.set(name, process.pid ?? 0);
  }

  /** Starts what is down, and again what came up and fell over, until all serve. */
  async heal(): Promise<void> {
    for (const member of this.members) {
      member.process.signal('SIGCONT');
      this.launch(member);
      await member.process.ready().catch(async () => {
        await member.process.stop('SIGKILL');
        this.launch(member);
      });
    }
    await this.ready();
  }

  async ready(): Promise<void> {
    await Promise.all(this.members.map(({process}) => process.ready()));
  }

  async leader(): Promise<ChaosMember | undefined> {
    for (const member of this.members) {
      const leads = await Promise.race([
        member.process.leads().catch(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_500)),
      ]);
      if (leads) return member;
    }
    return undefined;
  }

  /** One call to one member, not through a relay. */
  async call(member: ChaosMember, method: string, request: object = {}): Promise<Answer> {
    const wire = new Wire(member.endpoint);
    try {
      return await wire.call(method, request);
    } finally {
      wire.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({process}) => process.stop()));
    for (const {peers} of this.members) peers.close();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

async function healthy(url: string): Promise<boolean> {
  const reply = await fetch(`${url}/health`, {signal: AbortSignal.timeout(5_000)});
  return ((await reply.json()) as {health?: string}).health === 'true';
}
