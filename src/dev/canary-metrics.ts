/** What the canary has measured, for Prometheus: text on a port of its own. */
import {createServer} from 'node:http';
import type {Server} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import {listenFault} from '../model/listen-fault.ts';
import type {ChaosAction} from './events.ts';
import type {Handover} from './ownership-meter.ts';
import type {Verdict} from './verdict.ts';

const GAP_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 60];

export interface CanaryNow {
  readonly verdict: Verdict;
  readonly shards: number;
  readonly standing: number;
  readonly stallMs: number;
}

export class CanaryMetrics {
  private readonly registry = new Registry();
  private readonly handovers: Histogram<'cause'>;
  private readonly faults: Counter<'fault'>;
  private server: Server | undefined;

  /** `now` is asked at each scrape. */
  constructor(now: () => CanaryNow) {
    const registers = [this.registry];
    const gauge = (name: string, help: string, value: (read: CanaryNow) => number): void => {
      const collect = function (this: Gauge): void {
        this.set(value(now()));
      };
      new Gauge({name: `sm_canary_${name}`, help, registers, collect});
    };
    gauge(
      'two_owners',
      'pairs of owners that acted at once; must be 0',
      ({verdict}) => verdict.breachCount,
    );
    gauge('shards', 'shards there are', ({shards}) => shards);
    gauge('shards_standing', 'shards without an effect for 1 s', ({standing}) => standing);
    gauge('guard_passes', 'effects that passed their guard', ({verdict}) => verdict.passes);
    gauge('guard_refusals', 'effects that their guard refused', ({verdict}) => verdict.refusals);
    gauge('owner_stall_seconds', 'longest pause of an owner', ({stallMs}) => stallMs / 1_000);
    this.handovers = new Histogram({
      name: 'sm_canary_handover_seconds',
      help: 'time without effect when a shard changes hands; cause: the fault of its owner, or other',
      labelNames: ['cause'],
      buckets: GAP_BUCKETS_SECONDS,
      registers,
    });
    const faults = {name: 'sm_canary_faults_total', help: 'faults on purpose', registers};
    this.faults = new Counter({...faults, labelNames: ['fault']});
  }

  handover({cause, gapMs}: Handover): void {
    this.handovers.observe({cause}, gapMs / 1_000);
  }

  fault(action: ChaosAction): void {
    this.faults.inc({fault: action});
  }

  /** Serves them at `/metrics`. @returns the URL. @throws SmError PORT_TAKEN. */
  async listen(host: string, port: number): Promise<string> {
    const server = (this.server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      void this.registry.metrics().then((text) => {
        response.writeHead(200, {'content-type': this.registry.contentType}).end(text);
      });
    }));
    server.listen(port, host);
    await once(server, 'listening').catch((cause: unknown) => {
      const keys = {hostKey: '--host', portKey: '--metrics-port'};
      throw listenFault(cause, {host, port, ...keys, code: 'INVALID_INPUT'});
    });
    return `http://${host}:${(server.address() as AddressInfo).port}/metrics`;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
