/**
 * One connection path of the chaos bed: a TCP relay that can stall either direction (nothing is lost, all of it comes late, as when a
 * network heals), cut, refuse, delay and throttle. A rule may be bound to who dialled.
 */
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {Server, Socket} from 'node:net';

/** `up`: from who dialled to the target; `down`: back. */
export interface RelayFault {
  readonly stallUp?: boolean;
  readonly stallDown?: boolean;
  /** New connections are closed at once. */
  readonly refuse?: boolean;
  /** Each piece waits so long, both directions. */
  readonly delayMs?: number;
  /** Bytes a second, each direction. */
  readonly bytesPerSecond?: number;
  /** Only connections dialled by this one. */
  readonly from?: string;
}

interface Piece {
  readonly bytes: Buffer;
  readonly atMs: number;
}

/** One direction of one connection: pieces leave in order, when their time has come and the direction is not stalled. */
class Pipe {
  private readonly waiting: Piece[] = [];
  private timer: NodeJS.Timeout | undefined;
  private freeAtMs = 0;
  stalled = false;
  delayMs = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  private readonly target: Socket;

  constructor(source: Socket, target: Socket) {
    this.target = target;
    source.on('data', (bytes: Buffer) => {
      this.waiting.push({bytes, atMs: performance.now() + this.delayMs});
      this.flush();
    });
    target.once('close', () => clearTimeout(this.timer));
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (!this.stalled && !this.target.destroyed) {
      const [next] = this.waiting;
      if (next === undefined) return;
      const nowMs = performance.now();
      const waitMs = Math.max(next.atMs, this.freeAtMs) - nowMs;
      if (waitMs > 0.5) {
        this.timer = setTimeout(() => this.flush(), waitMs);
        return;
      }
      this.waiting.shift();
      this.target.write(next.bytes);
      this.freeAtMs = nowMs + (1_000 * next.bytes.length) / this.bytesPerSecond;
    }
  }
}

interface Connection {
  readonly from: string;
  readonly client: Socket;
  readonly target: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
}

export interface RelayOptions {
  readonly name: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly target: {readonly host: string; readonly port: number};
  /** Who dialled, from its port; default: nobody knows. */
  readonly whoDialled?: (port: number) => string;
}

export class Relay {
  readonly name: string;
  private readonly options: RelayOptions;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  private readonly faults = new Set<RelayFault>();

  constructor(options: RelayOptions) {
    this.name = options.name;
    this.options = options;
    this.server = createServer((client) => this.accept(client));
    this.server.on('error', () => undefined);
  }

  async listen(): Promise<void> {
    const {host = '127.0.0.1', port = 0} = this.options;
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  /** `host:port` to dial. */
  get endpoint(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `${address.address}:${address.port}`;
  }

  /** The fault holds until the returned function is called. */
  apply(fault: RelayFault): () => void {
    this.faults.add(fault);
    for (const connection of this.connections) this.rule(connection);
    return () => {
      this.faults.delete(fault);
      for (const connection of this.connections) this.rule(connection);
    };
  }

  /** Breaks what is open; new connections are taken. */
  cut(from?: string): void {
    for (const connection of this.connections)
      if (from === undefined || connection.from === from) {
        // Both at once: what waits is lost, and does not slip through when the stall ends.
        connection.client.destroy();
        connection.target.destroy();
      }
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private accept(client: Socket): void {
    const from = this.options.whoDialled?.(client.remotePort ?? 0) ?? '';
    client.on('error', () => undefined);
    if (this.faultsOf(from).some(({refuse}) => refuse === true)) {
      client.destroy();
      return;
    }
    const {host, port} = this.options.target;
    const target = connect({host, port, noDelay: true});
    client.setNoDelay(true);
    target.on('error', () => undefined);
    const connection = {
      from,
      client,
      target,
      up: new Pipe(client, target),
      down: new Pipe(target, client),
    };
    this.connections.add(connection);
    client.once('close', () => {
      target.destroy();
      this.connections.delete(connection);
    });
    target.once('close', () => client.destroy());
    this.rule(connection);
  }

  private faultsOf(from: string): RelayFault[] {
    return [...this.faults].filter((fault) => fault.from === undefined || fault.from === from);
  }

  private rule({from, up, down}: Connection): void {
    const faults = this.faultsOf(from);
    up.stalled = faults.some(({stallUp}) => stallUp === true);
    down.stalled = faults.some(({stallDown}) => stallDown === true);
    const delayMs = Math.max(0, ...faults.map((fault) => fault.delayMs ?? 0));
    const rate = Math.min(
      ...faults.map((fault) => fault.bytesPerSecond ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    );
    for (const pipe of [up, down]) {
      pipe.delayMs = delayMs;
      pipe.bytesPerSecond = rate;
      pipe.flush();
    }
  }
}
