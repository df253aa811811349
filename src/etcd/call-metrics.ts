/** Metrics of calls to etcd: the same of daemons and containers, below the names of each. */
import {Counter, Histogram} from 'prom-client';
import type {Registry} from 'prom-client';
import type {StoreCall} from './connection.ts';

/** A call has 2 s. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Whom to tell that a call has ended. `names`: what the names begin with. */
export function callMetrics(registry: Registry, names: string): (call: StoreCall) => void {
  const registers = [registry];
  const times = new Histogram({
    name: `${names}_store_request_seconds`,
    help: 'Time of one call to etcd that was answered, by operation: read or write',
    labelNames: ['operation'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const faults = new Counter({
    name: `${names}_store_errors_total`,
    help: 'Calls to etcd that failed or had no answer, by operation and code of the error',
    labelNames: ['operation', 'code'],
    registers,
  });
  return ({operation, ms, code}) => {
    if (code === '') times.observe({operation}, ms / 1_000);
    else faults.inc({operation, code});
  };
}
