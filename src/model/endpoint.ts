/** Addresses of listeners, as settings and options name them. Pure. */
import {PORT_LIMIT} from './limits.ts';

const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

/** Whether it is `host:port`, an IPv6 host in brackets. */
export function isAddress(value: unknown): boolean {
  const port = typeof value === 'string' ? Number(ADDRESS.exec(value)?.[2] ?? 0) : 0;
  return port >= 1 && port <= PORT_LIMIT;
}

/** Whether etcd may be there: an address, with or without http or https. */
export function isEndpoint(value: unknown): boolean {
  return typeof value === 'string' && isAddress(value.replace(/^https?:\/\//, ''));
}

/** What is wrong with a list of etcd's endpoints, said of its name; undefined where nothing is. One text is refused: it would be taken for a list of its letters. */
export function endpointsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list of host:port';
  if (value.length === 0) return 'is empty';
  const wrong = value.findIndex((endpoint) => !isEndpoint(endpoint));
  return wrong === -1
    ? undefined
    : `holds ${JSON.stringify(value[wrong])}, which is not of the form host:port`;
}
