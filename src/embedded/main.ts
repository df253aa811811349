/**
 * The embedded store as a process of its own: `--host H --port P --data-dir D --quota-bytes N
 * --token-ttl-ms N`, its one user by SM_STORE_USERNAME and
 * SM_STORE_PASSWORD; prints its endpoint as one line of JSON.
 */
import {parseArgs} from 'node:util';
import {SmError} from '../model/errors.ts';
import {startEmbeddedStore} from './index.ts';

async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      host: {type: 'string'},
      port: {type: 'string'},
      'data-dir': {type: 'string'},
      'quota-bytes': {type: 'string'},
      'token-ttl-ms': {type: 'string'},
    },
  });
  const {
    host,
    port,
    'data-dir': dataDir,
    'quota-bytes': quotaBytes,
    'token-ttl-ms': tokenTtlMs,
  } = values;
  const {SM_STORE_USERNAME: name, SM_STORE_PASSWORD: password = ''} = process.env;
  const store = await startEmbeddedStore({
    ...(name === undefined ? {} : {user: {name, password}}),
    ...(host === undefined ? {} : {host}),
    ...(port === undefined ? {} : {port: Number(port)}),
    ...(dataDir === undefined ? {} : {dataDir}),
    ...(quotaBytes === undefined ? {} : {quotaBytes: Number(quotaBytes)}),
    ...(tokenTtlMs === undefined ? {} : {tokenTtlMs: Number(tokenTtlMs)}),
  });
  const {endpoint, clusterId} = store;
  process.stdout.write(`${JSON.stringify({endpoint, clusterId, pid: process.pid})}\n`);
  const stop = (): void => {
    void store.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  void store.lost.then((error) => {
    report(error);
    process.exit();
  });
}

function report(error: SmError): void {
  const {code, message, hint} = error;
  process.stderr.write(`${JSON.stringify({error: {code, message, hint}})}\n`);
  process.exitCode = error.exitCode;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SmError)) throw error;
  report(error);
}
