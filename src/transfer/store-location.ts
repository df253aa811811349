/** A prefix of a store, opened: of an etcd, or of the data directory of a store that does not run now. */
import {randomBytes} from 'node:crypto';
import {existsSync} from 'node:fs';
import {loadConfig} from '../config/index.ts';
import {startEmbeddedStore} from '../embedded/index.ts';
import type {EtcdOptions} from '../etcd/connection.ts';
import {RawKeys} from '../etcd/raw-keys.ts';
import {SmError} from '../model/errors.ts';
import {HiddenText} from '../model/hidden-text.ts';
import {Credentials} from '../server/credentials.ts';

/** Exactly one of the first three says where. */
export interface StoreLocationOptions {
  readonly endpoints?: readonly string[] | undefined;
  readonly dataDir?: string | undefined;
  /** Configuration of a daemon: endpoints, prefix and credentials are as there. */
  readonly configFile?: string | undefined;
  /** Default: that of the configuration, of the export, or /sm. */
  readonly prefix?: string | undefined;
  /** A data directory that is not there is an error, not made. Default false. */
  readonly mustExist?: boolean;
}

export interface StoreLocation {
  readonly keys: RawKeys;
  /** Without a slash at the end; undefined where nothing says. */
  readonly prefix: string | undefined;
  /** For messages. */
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Opens the store, hands it to `work`, and closes it however that ends.
 * @throws SmError INVALID_INPUT, INVALID_CONFIG, CONFLICT (data directory in use), STORE_CORRUPT, and what `work` throws.
 */
export async function withLocation<T>(
  options: StoreLocationOptions,
  work: (location: StoreLocation) => Promise<T>,
): Promise<T> {
  const location = await openLocation(options);
  try {
    return await work(location);
  } finally {
    await location.close();
  }
}

async function openLocation(options: StoreLocationOptions): Promise<StoreLocation> {
  const {endpoints, dataDir, configFile} = options;
  const named = [endpoints, dataDir, configFile].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new SmError('INVALID_INPUT', 'name one store', {
      hint: 'pass one of --endpoints HOST:PORT, --data-dir DIR (of sm serve --embedded, which must be stopped) or --config-file FILE',
    });
  const prefix = options.prefix === undefined ? undefined : checkedPrefix(options.prefix);
  if (dataDir !== undefined) {
    if (options.mustExist === true && !existsSync(dataDir))
      throw new SmError('NOT_FOUND', `there is no data directory ${dataDir}`, {
        hint: 'the log line "ready" of sm serve --embedded shows its path',
      });
    return openDirectory(dataDir, prefix);
  }
  if (endpoints !== undefined) return openEtcd({endpoints}, prefix);
  const config = loadConfig(configFile ?? '', {asClient: true});
  const root = prefix ?? checkedPrefix(config.etcdPrefix);
  return openEtcd({...new Credentials(config).forEtcd(), statusKey: `${root}/app/`}, root);
}

function openEtcd(etcd: EtcdOptions, prefix: string | undefined): StoreLocation {
  const keys = new RawKeys(etcd);
  return {
    keys,
    prefix,
    name: etcd.endpoints.join(','),
    close: () => Promise.resolve(keys.close()),
  };
}

async function openDirectory(dataDir: string, prefix: string | undefined): Promise<StoreLocation> {
  // For this process alone: nobody else on the machine may read along.
  const user = {name: 'sm', password: new HiddenText(randomBytes(32).toString('hex'))};
  const store = await startEmbeddedStore({dataDir, user});
  const login = {username: user.name, password: user.password};
  const keys = new RawKeys({endpoints: [store.endpoint], ...login});
  const close = async (): Promise<void> => {
    keys.close();
    await store.close();
  };
  return {keys, prefix, name: dataDir, close};
}

function checkedPrefix(prefix: string): string {
  if (/^(\/[A-Za-z0-9._-]+)+\/?$/.test(prefix)) return prefix.replace(/\/$/, '');
  throw new SmError('INVALID_INPUT', `prefix ${JSON.stringify(prefix)} is not of the form /name`, {
    hint: 'pass the etcdPrefix of the daemons, such as /sm',
  });
}
