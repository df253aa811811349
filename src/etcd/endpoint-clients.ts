/** The clients of all endpoints of one connection; they are replaced when certificates or the password change. */
import {openEndpoint} from './connection.ts';
import type {EndpointClient, EtcdOptions} from './connection.ts';
import {RENEWED_CLOSE_MS} from './limits.ts';

export type EtcdSecrets = Pick<EtcdOptions, 'username' | 'password' | 'plainPassword' | 'tls'>;

export class EndpointClients {
  /** By the order of the endpoints. */
  all: readonly EndpointClient[];
  options: EtcdOptions;
  /** Of clients that others have replaced, until their calls have ended. */
  private readonly replaced = new Map<EndpointClient, NodeJS.Timeout>();
  private closed = false;

  constructor(options: EtcdOptions) {
    this.options = options;
    this.all = options.endpoints.map((endpoint) => openEndpoint(endpoint, options));
  }

  /** Other certificates or another password, from the next call on. Calls under way end as they were begun. */
  renew(secrets: EtcdSecrets): void {
    if (this.closed) return;
    const options = {...this.options, ...secrets};
    const before = this.all;
    this.all = options.endpoints.map((endpoint) => openEndpoint(endpoint, options));
    this.options = options;
    for (const client of before) {
      const close = (): void => {
        this.replaced.delete(client);
        client.close();
      };
      this.replaced.set(client, setTimeout(close, RENEWED_CLOSE_MS).unref());
    }
  }

  close(): void {
    this.closed = true;
    for (const [client, timer] of this.replaced) {
      clearTimeout(timer);
      client.close();
    }
    this.replaced.clear();
    for (const client of this.all) client.close();
  }
}
