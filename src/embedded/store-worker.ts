/** The program of the thread that a store has for itself. */
import {parentPort, workerData} from 'node:worker_threads';
import {revealed} from '../model/hidden-text.ts';
import {loggerOf} from '../runtime/log-port.ts';
import type {Logger} from '../runtime/log-port.ts';
import {startEmbeddedStore} from './index.ts';
import type {EmbeddedStore} from './index.ts';
import {THREAD_FIGURES_MS, THREAD_PASSWORD_MS} from './limits.ts';
import {sentFault} from './thread-messages.ts';
import type {ThreadData, ThreadMessage} from './thread-messages.ts';

const {options, passwordTaken} = workerData as ThreadData;
let syncs: number[] = [];

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

function sendingLogger(own: object): Logger {
  return loggerOf(
    (level, fields, text) => say({kind: 'log', level, fields: {...own, ...fields}, text}),
    (fields) => sendingLogger({...own, ...fields}),
  );
}

function sayFigures(store: EmbeddedStore): void {
  say({kind: 'figures', figures: store.figures(), syncs});
  syncs = [];
}

async function run(): Promise<void> {
  const store = await startEmbeddedStore({
    ...options,
    logger: sendingLogger({}),
    onSync: (ms) => void syncs.push(ms),
    onPassword: (file) => {
      say({kind: 'password', file});
      // Whoever is answered from now on may need the note that the process leaves about it.
      Atomics.wait(passwordTaken, 0, 0, THREAD_PASSWORD_MS);
    },
  });
  const {endpoint, clusterId, user} = store;
  const plain = user && {name: user.name, password: revealed(user.password)};
  say({kind: 'started', endpoint, clusterId, user: plain, figures: store.figures()});
  const timer = setInterval(() => sayFigures(store), THREAD_FIGURES_MS);
  parentPort?.once('message', () => {
    clearInterval(timer);
    void store.close().then(
      () => say({kind: 'closed'}),
      (error: unknown) => say({kind: 'closed', fault: sentFault(error)}),
    );
  });
  void store.lost.then((error) => say({kind: 'lost', fault: sentFault(error)}));
}

try {
  await run();
} catch (error) {
  say({kind: 'refused', fault: sentFault(error)});
}
