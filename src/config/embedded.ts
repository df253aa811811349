/** Where the state lives: in an etcd that `endpoints` names, or in a store inside the daemon. Exactly one of them. */
import {dirname, resolve} from 'node:path';
import {addressOf, isWildcardHost} from '../model/listen-fault.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {given} from '../model/said.ts';
import type {EmbeddedConfig} from './server-config.ts';
import {EMBEDDED_PORT} from './limits.ts';

const DATA_FOLDER = 'sm-data';

/** What the command line says. */
export interface LoadOptions {
  /** The daemon runs its own store. Default false. */
  readonly embedded?: boolean;
  /** Where that store keeps everything; goes before the file's `dataDir`. */
  readonly dataDir?: string;
  /**
   * The store is only to be reached: where the file names no `endpoints`, it is that of a daemon with a store of its own, at `embedded.host` and
   * `embedded.port`. Default false.
   */
  readonly asClient?: boolean;
  /** A value was spelled in another way, and is taken. Default: ignored. */
  readonly onSpelling?: (text: string) => void;
}

type Settings = ReadonlyMap<string, {readonly value: unknown; readonly at: string}>;

/** Faults of the settings that say where the state lives. */
export function storeFaults(found: Settings, file: string, embedded: boolean): string[] {
  return embedded ? embeddedFaults(found) : etcdFaults(found, file);
}

function etcdFaults(found: Settings, file: string): string[] {
  const faults: string[] = [];
  if (!found.has('endpoints'))
    faults.push(
      `${file}:1:1: endpoints is missing: name your etcd, as "endpoints: [127.0.0.1:2379]", or start the daemon with a store of its own: sm serve --embedded`,
    );
  for (const [path, {at}] of found)
    if (path === 'dataDir' || path.startsWith('embedded.'))
      faults.push(
        `${at}: ${path} is for a daemon with a store of its own: start it with sm serve --embedded; other commands reach its store by --endpoints`,
      );
  return faults;
}

function embeddedFaults(found: Settings): string[] {
  const faults: string[] = [];
  const endpoints = found.get('endpoints');
  if (endpoints !== undefined)
    faults.push(
      `${endpoints.at}: endpoints names an etcd, --embedded asks for a store inside the daemon: remove one of them`,
    );
  const tls = found.get('embedded.tls.cert');
  if (tls !== undefined && !found.has('etcd.tls.ca'))
    faults.push(
      `${tls.at}: embedded.tls.cert needs etcd.tls.ca, with which the daemon verifies it`,
    );
  const exposed = exposedHost(found, 'embedded.host');
  const guarded = tls !== undefined || found.has('etcd.username');
  if (exposed !== undefined && !guarded)
    faults.push(
      `${exposed.at}: embedded.host ${exposed.host} is not loopback: set embedded.tls, or etcd.username and etcd.passwordFile`,
    );
  return faults;
}

/** A host that others reach; undefined for loopback, for none, and for a value that is not text, which is a fault of its own. */
export function exposedHost(
  found: Settings,
  path: string,
): {readonly host: string; readonly at: string} | undefined {
  const {value, at = ''} = found.get(path) ?? {};
  return typeof value !== 'string' || isLoopbackHost(value) ? undefined : {host: value, at};
}

/** Where processes of this machine reach the store. */
export function endpointOf({host, port}: EmbeddedConfig): string {
  return addressOf(isWildcardHost(host) ? '127.0.0.1' : host, port);
}

/** The settings of the store, defaults filled in. A relative path in the file is meant from the file, one in the command line from here. */
export function embeddedOf(
  found: Settings,
  file: string,
  dataDir: string | undefined,
): EmbeddedConfig {
  const get = <T>(path: string): T | undefined => found.get(path)?.value as T | undefined;
  const written = resolve(dirname(file), get('dataDir') ?? DATA_FOLDER);
  const quotaBytes = get<number>('embedded.quotaBytes');
  const auth = get<'password' | 'none'>('embedded.auth');
  const cert = get<string>('embedded.tls.cert');
  const key = get<string>('embedded.tls.key');
  const ca = get<string>('embedded.tls.ca');
  return {
    dataDir: dataDir === undefined ? written : resolve(dataDir),
    host: get('embedded.host') ?? '127.0.0.1',
    port: get('embedded.port') ?? EMBEDDED_PORT,
    ...given({auth, quotaBytes}),
    ...(cert === undefined || key === undefined ? {} : {tls: {cert, key, ...given({ca})}}),
  };
}
