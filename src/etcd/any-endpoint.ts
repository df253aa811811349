import {SmError} from '../model/errors.ts';
import {openEndpoint} from './connection.ts';
import type {EndpointClient, EtcdOptions} from './connection.ts';
import {isTransportFault, translateError} from './foreign-errors.ts';
import {ATTEMPT_LIMIT_MS} from './limits.ts';

/**
 * Does the work on one endpoint, and on the next where one does not answer: the work may be begun again.
 * @throws SmError STORE_UNAVAILABLE (what the last one said), STORE_AUTH, INVALID_INPUT without an endpoint.
 */
export async function onAnyEndpoint<T>(
  options: EtcdOptions,
  work: (client: EndpointClient) => Promise<T>,
): Promise<T> {
  let fault = new SmError('INVALID_INPUT', 'no etcd endpoint is given');
  for (const endpoint of options.endpoints) {
    const client = openEndpoint(endpoint, {timeoutMs: ATTEMPT_LIMIT_MS, ...options});
    try {
      return await work(client);
    } catch (error) {
      fault = translateError(error);
      if (!isTransportFault(fault)) throw fault;
    } finally {
      client.close();
    }
  }
  throw fault;
}
