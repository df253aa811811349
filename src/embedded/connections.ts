/**
 * Who is connected, and how many may be. Where all places are taken, who is idle makes room: first those whose calls nobody has let in. So
 * connections that are only kept open shut nobody out, and the store never takes the descriptors of the daemon around it.
 */
import type {Socket} from 'node:net';
import {isLoopbackHost} from '../model/loopback.ts';
import type {Logger} from '../runtime/logger.ts';
import {Throttle} from '../runtime/throttle.ts';
import {ADDRESS_SHARE, CALLER_IDLE_MS, REPORT_MS, STRANGER_IDLE_MS} from './limits.ts';

interface Guest {
  readonly socket: Socket;
  readonly address: string;
  isCaller: boolean;
  bytes: number;
  /** When `bytes` was first seen, monotonic. */
  sinceMs: number;
}

export class Connections {
  /** Refused since the start. */
  refused = 0;
  private readonly most: number;
  private readonly mostOfAddress: number;
  private readonly nowMs: () => number;
  private readonly logger: Pick<Logger, 'warn'>;
  private readonly reports: Throttle;
  /** By `address:port`, as gRPC names who calls; in the order of coming. */
  private readonly guests = new Map<string, Guest>();

  constructor(most: number, nowMs: () => number, logger: Pick<Logger, 'warn'>) {
    this.logger = logger;
    this.most = most;
    this.mostOfAddress = Math.max(1, Math.floor(most * ADDRESS_SHARE));
    this.nowMs = nowMs;
    this.reports = new Throttle(REPORT_MS, nowMs);
  }

  get open(): number {
    return this.guests.size;
  }

  /** For metrics. */
  figures(): {connections: number; connectionsLimit: number; connectionsRefused: number} {
    return {
      connections: this.open,
      connectionsLimit: this.most,
      connectionsRefused: this.refused,
    };
  }

  /** False: it has been closed, for there is no room. */
  take(socket: Socket): boolean {
    const {remoteAddress: address = '', remotePort = 0} = socket;
    // What goes wrong with a connection ends it; gRPC listens only to those it was given.
    socket.on('error', () => undefined);
    if (!this.hasCapacity(address)) {
      this.refused += 1;
      this.report(address);
      socket.destroy();
      return false;
    }
    const name = `${address}:${remotePort}`;
    const guest = {socket, address, isCaller: false, bytes: 0, sinceMs: this.nowMs()};
    this.guests.set(name, guest);
    socket.once('close', () => {
      if (this.guests.get(name) === guest) this.guests.delete(name);
    });
    return true;
  }

  /** A call of this one was let in. */
  called(peer: string): void {
    const guest = this.guests.get(peer);
    if (guest !== undefined) guest.isCaller = true;
  }

  close(): void {
    for (const {socket} of this.guests.values()) socket.destroy();
    this.guests.clear();
  }

  private report(address: string): void {
    if (!this.reports.passes()) return;
    const {open, refused} = this;
    this.logger.warn(
      {address, open, refused},
      'the embedded store refuses connections: the limit is reached, and none is idle',
    );
  }

  private hasCapacity(address: string): boolean {
    const own = isLoopbackHost(address)
      ? []
      : [...this.guests.values()].filter((guest) => guest.address === address);
    if (own.length >= this.mostOfAddress) return this.dismissIdle(own);
    return this.guests.size < this.most || this.dismissIdle([...this.guests.values()]);
  }

  /** Closes the one that has been idle for longest, if one has been for long enough. */
  private dismissIdle(guests: readonly Guest[]): boolean {
    const nowMs = this.nowMs();
    for (const guest of guests) {
      const {bytesRead} = guest.socket;
      if (bytesRead !== guest.bytes) Object.assign(guest, {bytes: bytesRead, sinceMs: nowMs});
    }
    const idle = guests
      .filter(({isCaller, sinceMs}) => {
        return nowMs - sinceMs >= (isCaller ? CALLER_IDLE_MS : STRANGER_IDLE_MS);
      })
      .sort((a, b) => Number(a.isCaller) - Number(b.isCaller) || a.sinceMs - b.sinceMs);
    const [longest] = idle;
    if (longest === undefined) return false;
    this.guests.delete(`${longest.address}:${longest.socket.remotePort ?? 0}`);
    longest.socket.destroy();
    return true;
  }
}
