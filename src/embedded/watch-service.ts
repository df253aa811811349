import type {ServerDuplexStream, UntypedServiceImplementation} from '@grpc/grpc-js';
import type {Clock} from '../runtime/clock.ts';
import type {Services} from './kv-service.ts';
import type {WatchRequest} from './requests.ts';
import type {WatchHub} from './watch-hub.ts';
import {WatchStream} from './watch-stream.ts';

/** As etcd. */
const PROGRESS_INTERVAL_MS = 10 * 60_000;

export function watchService(
  services: Services,
  hub: WatchHub,
  clock: Clock,
): UntypedServiceImplementation {
  return {
    Watch: (call: ServerDuplexStream<WatchRequest, object>) => watch(services, hub, clock, call),
  };
}

function watch(
  {machine, headers, calls}: Services,
  hub: WatchHub,
  clock: Clock,
  call: ServerDuplexStream<WatchRequest, object>,
): void {
  const refused = calls.refusal(call.metadata);
  if (refused !== undefined) {
    call.emit('error', refused);
    return;
  }
  const stream = new WatchStream(machine.keys, hub, headers, {
    write: (response) => call.write(response),
  });
  const report = (): void => {
    stream.reportProgress();
    timer = clock.after(PROGRESS_INTERVAL_MS, report);
  };
  let timer = clock.after(PROGRESS_INTERVAL_MS, report);
  const close = (): void => {
    timer.cancel();
    stream.close();
  };
  call.on('data', (request: WatchRequest) => stream.receive(request));
  call.on('drain', () => stream.pump());
  call.on('cancelled', close);
  call.on('error', close);
  call.on('end', () => {
    close();
    call.end();
  });
}
