/**
 * When the client package may close its connections. It does so after each call that fails or is late, and ends with them whatever else is under way: the calls
 * and watches of all containers of a process. Where etcd is slow, one late call made a hundred others fail, and watches closed each other for good.
 */
import {connectivityState} from '@grpc/grpc-js';
import {SILENT_CONNECTION_MS} from './limits.ts';

/** The package's own: the connections to one endpoint. */
export interface PackageHost {
  readonly cachedServices: Readonly<
    Record<string, {getChannel(): {getConnectivityState(connects: boolean): connectivityState}}>
  >;
  resetAllServices(): void;
  close(): void;
}

/** Connections are closed only when nothing has come over them for 2 s, or when there is none. gRPC itself finds dead ones later, by its pings. */
export class ConnectionResets {
  private heardMs = Number.NEGATIVE_INFINITY;
  private readonly nowMs: () => number;

  /** `nowMs`: monotonic time. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** From now on the package asks here. */
  guard(host: PackageHost): void {
    const reset = host.resetAllServices.bind(host);
    const close = host.close.bind(host);
    host.resetAllServices = () => {
      if (this.isAnswering(host)) return;
      reset();
      // The next ones get their time.
      this.heardMs = this.nowMs();
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

  private isAnswering({cachedServices}: PackageHost): boolean {
    if (this.nowMs() - this.heardMs >= SILENT_CONNECTION_MS) return false;
    return Object.values(cachedServices).some(
      (service) => service.getChannel().getConnectivityState(false) === connectivityState.READY,
    );
  }
}
