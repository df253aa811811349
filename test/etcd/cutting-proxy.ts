/** A TCP proxy that can cut, refuse, delay and swallow: the faults of a network, at the moment a test wants them. */
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';

export class CuttingProxy {
  /** `host:port` to forward to; takes effect at the next connection. */
  target: string;
  /** New connections are closed at once. */
  refusing = false;
  /** Replies are read and dropped: requests arrive, answers do not. */
  swallowing = false;
  /** Each piece of a reply waits so long. */
  delayMs = 0;
  /** So long after it was opened nothing comes over a connection; then everything that has waited. */
  firstDelayMs = 0;
  /** After so many bytes of replies a connection is cut in the middle; undefined: never. */
  cutAfterBytes: number | undefined;
  /** Connections cut by `cutAfterBytes`. */
  cuts = 0;
  /** Connections that were ever opened. */
  opened = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly hung = new WeakSet<Socket>();

  private constructor(target: string) {
    this.target = target;
    this.server = createServer((client) => this.accept(client));
  }

  static async start(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The connections that are open now stay so, and nothing comes over them any more; new ones work. */
  hang(): void {
    for (const socket of this.sockets) this.hung.add(socket);
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    this.keep(client);
    if (this.refusing) {
      client.destroy();
      return;
    }
    this.opened += 1;
    const [host = '', port = ''] = this.target.split(':');
    const upstream = connect(Number(port), host);
    this.keep(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('data', (chunk) => upstream.write(chunk));
    let passed = 0;
    const fromMs = performance.now() + this.firstDelayMs;
    upstream.on('data', (chunk: Buffer) => {
      if (this.swallowing || this.hung.has(client)) return;
      passed += chunk.length;
      const over = this.cutAfterBytes !== undefined && passed > this.cutAfterBytes;
      if (over) {
        this.cuts += 1;
        client.destroy();
        return;
      }
      const delayMs = Math.max(this.delayMs, fromMs - performance.now());
      if (delayMs <= 0) client.write(chunk);
      else setTimeout(() => client.destroyed || client.write(chunk), delayMs);
    });
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
