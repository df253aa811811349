/** The store inside a daemon, in a thread of its own, and the note by which processes of this machine find its password. */
import type {ServerConfig} from '../config/index.ts';
import {MADE_USER} from '../embedded/index.ts';
import type {EmbeddedStore} from '../embedded/index.ts';
import {startStoreThread} from '../embedded/store-thread.ts';
import type {StoreThreadOptions} from '../embedded/thread-messages.ts';
import {forgetLocalStore, noteLocalStore} from '../etcd/local-login.ts';
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import {isWildcardHost} from '../model/listen-fault.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import type {Logger} from '../runtime/logger.ts';
import {Credentials} from './credentials.ts';

export interface OwnStore {
  readonly store: EmbeddedStore;
  /** How the daemon itself logs in; empty where the configuration says it, or nobody is asked. */
  readonly login: {readonly username?: string; readonly passwordFile?: string};
  close(): Promise<void>;
}

/** `onSync`: each batch of changes that is on disk, ms. @throws SmError as `startStoreThread` */
export async function openOwnStore(
  config: ServerConfig,
  logger: Logger,
  onSync: (ms: number) => void,
): Promise<OwnStore> {
  const {embedded} = config;
  if (embedded === undefined) throw new Error('the configuration has no embedded store');
  const {port} = embedded;
  let login: OwnStore['login'] = {};
  const isFound = isLoopbackHost(embedded.host) || isWildcardHost(embedded.host);
  const onPassword = (passwordFile: string): void => {
    login = {username: MADE_USER, passwordFile};
    if (isFound) leaveNote(port, {username: MADE_USER, passwordFile}, logger);
  };
  const store = await started({...storeOptions(config), logger, onSync, onPassword});
  const {passwordFile} = login;
  if (passwordFile === undefined) forgetLocalStore(port);
  if (store.user === undefined)
    logger.warn(
      {dataDir: embedded.dataDir},
      'the embedded store does not ask for a password: every process of this machine may write to it; embedded.auth: password changes that',
    );
  const close = async (): Promise<void> => {
    if (passwordFile !== undefined) forgetLocalStore(port, passwordFile);
    await store.close();
  };
  return {store, login, close};
}

function leaveNote(port: number, note: Parameters<typeof noteLocalStore>[1], logger: Logger): void {
  try {
    noteLocalStore(port, note);
  } catch (error) {
    logger.warn(
      {error: messageOf(error), ...note},
      'containers of this machine do not find the password of the store by themselves: give them username and passwordFile',
    );
  }
}

async function started(options: StoreThreadOptions): Promise<EmbeddedStore> {
  try {
    return await startStoreThread(options);
  } catch (error) {
    if (!(error instanceof SmError) || error.code !== 'PORT_TAKEN') throw error;
    throw new SmError('PORT_TAKEN', error.message, {
      hint: 'an etcd may be running there: stop it, or use it with endpoints instead of --embedded, or set embedded.port',
      cause: error.cause,
    });
  }
}

function storeOptions(config: ServerConfig): StoreThreadOptions {
  const {embedded} = config;
  const {username, password} = new Credentials(config).forEtcd();
  return {
    auth: 'new',
    filePermissions: config.filePermissions,
    ...embedded,
    ...(username === undefined || password === undefined ? {} : {user: {name: username, password}}),
  };
}
