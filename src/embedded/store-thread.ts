/**
 * A store in a thread of its own: containers' heartbeats and claims, which go to the store alone, never wait for what the daemon's event loop has to do. Whoever
 * starts one speaks to it over its endpoint, as all others do.
 */
import type {Worker} from 'node:worker_threads';
import {SmError} from '../model/errors.ts';
import {hidden, revealed} from '../model/hidden-text.ts';
import {silentLogger} from '../runtime/log-port.ts';
import {gate} from '../runtime/gate.ts';
import {beginProgram} from '../runtime/program-thread.ts';
import type {EmbeddedStore, StoreFigures} from './index.ts';
import {faultOf} from './thread-messages.ts';
import type {SentFault, StoreThreadOptions, ThreadData, ThreadMessage} from './thread-messages.ts';

type Started = Extract<ThreadMessage, {kind: 'started'}>;

/**
 * As `startEmbeddedStore`; its figures are a second old at most. `lost` resolves as well when the thread ends by itself, with INTERNAL.
 * @throws SmError as `startEmbeddedStore`
 */
export async function startStoreThread(options: StoreThreadOptions = {}): Promise<EmbeddedStore> {
  const thread = new StoreThread(options);
  const {endpoint, clusterId, user} = await thread.started;
  return {
    ...{endpoint, clusterId, lost: thread.lost},
    user: user && {name: user.name, password: hidden(user.password)},
    figures: () => thread.figures,
    close: () => thread.close(),
  };
}

class StoreThread {
  readonly started: Promise<Started>;
  readonly lost: Promise<SmError>;
  figures!: StoreFigures;
  private readonly options: StoreThreadOptions;
  private readonly passwordTaken = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;
  private readonly starting = gate<Started>();
  private readonly losing = gate<SmError>();
  private readonly ended = gate<undefined>();
  private closing: Promise<void> | undefined;

  constructor(options: StoreThreadOptions) {
    this.options = options;
    this.started = this.starting.promise;
    this.lost = this.losing.promise;
    this.worker = beginProgram('embedded/store-worker', {workerData: this.data()});
    this.worker.on('message', (message: ThreadMessage) => this.take(message));
    this.worker.on('error', (error) => this.end(error.stack ?? String(error)));
    this.worker.on('exit', (code) => this.end(`it ended with ${code}`));
  }

  close(): Promise<void> {
    this.closing ??= this.carryOutClose();
    return this.closing;
  }

  private async carryOutClose(): Promise<void> {
    this.worker.postMessage('close');
    try {
      await this.ended.promise;
    } finally {
      await this.worker.terminate();
    }
  }

  private data(): ThreadData {
    // Functions cannot be sent.
    const {user, logger: _log, onSync: _sync, onPassword: _password, ...options} = this.options;
    const plain = user && {name: user.name, password: revealed(user.password)};
    const {passwordTaken} = this;
    return {options: {...options, ...(plain === undefined ? {} : {user: plain})}, passwordTaken};
  }

  private take(message: ThreadMessage): void {
    const {logger = silentLogger, onSync, onPassword} = this.options;
    if (message.kind === 'log') logger[message.level](message.fields, message.text);
    else if (message.kind === 'password') this.takePassword(() => onPassword?.(message.file));
    else if (message.kind === 'figures') {
      this.figures = message.figures;
      for (const ms of message.syncs) onSync?.(ms);
    } else if (message.kind === 'started') {
      this.figures = message.figures;
      this.starting.resolve(message);
    } else if (message.kind === 'refused') {
      this.starting.reject(faultOf(message.fault));
      void this.worker.terminate();
    } else if (message.kind === 'lost') this.losing.resolve(smErrorOf(message.fault));
    else if (message.fault === undefined) this.ended.resolve(undefined);
    else this.ended.reject(faultOf(message.fault));
  }

  private takePassword(take: () => void): void {
    try {
      take();
    } finally {
      Atomics.store(this.passwordTaken, 0, 1);
      Atomics.notify(this.passwordTaken, 0);
    }
  }

  /** The thread has ended by itself, or what was said before has ended it: then nobody hears this. */
  private end(why: string): void {
    const error = new SmError('INTERNAL', `the thread of the embedded store is gone: ${why}`);
    this.starting.reject(error);
    this.ended.resolve(undefined);
    if (this.closing === undefined) this.losing.resolve(error);
  }
}

function smErrorOf(fault: SentFault): SmError {
  const error = faultOf(fault);
  return error instanceof SmError ? error : new SmError('INTERNAL', error.message);
}
