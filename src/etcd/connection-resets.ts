/**
 * When the client package may close its connections. By itself it closes them after each call that fails or is late, and ends every other call and watch on them,
 * of all containers of a process. On a slow etcd one late call made a hundred others fail, and watches went on closing each other.
 */
import {connectivityState} from '@grpc/grpc-js';
import {CONNECTING_LIMIT_MS, SILENT_CONNECTION_MS} from './limits.ts';

/** The package's own: the connections to one endpoint. */
export interface PackageHost {
  readonly cachedServices: Readonly<
    Record<string, {getChannel(): {getConnectivityState(connects: boolean): connectivityState}}>
  >;
  resetAllServices(): void;
  close(): void;
}

/** Connections are closed only when nothing has come over them for 2 s, or when none is open; one that is being opened gets 3 s. */
export class ConnectionResets {
  private heardMs = Number.NEGATIVE_INFINITY;
  /** When connections were closed last; at first, when the client was made. */
  private openingMs: number;
  private readonly nowMs: () => number;

  /** `nowMs`: monotonic time. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
    this.openingMs = nowMs();
  }

  /** From now on the package asks here. */
  guard(host: PackageHost): void {
    const reset = host.resetAllServices.bind(host);
    const close = host.close.bind(host);
    host.resetAllServices = () => {
      if (this.isAnswering(host) || this.isOpening(host)) return;
      reset();
      this.openingMs = this.nowMs();
      // The new ones are not silent yet.
      this.heardMs = this.openingMs;
    };
    host.close = () => {
      host.resetAllServices = reset;
      close();
    };
  }

  /** Something has come from the endpoint. */
  heard(): void {
    this.heardMs = this.nowMs();
  }

  private isAnswering(host: PackageHost): boolean {
    if (this.nowMs() - this.heardMs >= SILENT_CONNECTION_MS) return false;
    return hasState(host, connectivityState.READY);
  }

  /** Else each late call would begin anew what needs longer than a call may take. */
  private isOpening(host: PackageHost): boolean {
    if (this.nowMs() - this.openingMs >= CONNECTING_LIMIT_MS) return false;
    return hasState(host, connectivityState.CONNECTING);
  }
}

function hasState({cachedServices}: PackageHost, state: connectivityState): boolean {
  return Object.values(cachedServices).some(
    (service) => service.getChannel().getConnectivityState(false) === state,
  );
}
