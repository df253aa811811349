import type {ServerDuplexStream, UntypedServiceImplementation} from '@grpc/grpc-js';
import type {Clock} from '../runtime/clock.ts';
import type {Services} from './kv-service.ts';
import {Malformed} from './request-bytes.ts';
import type {WatchRequest} from './requests.ts';
import type {WatchHub} from './watch-hub.ts';
import {WatchStream} from './watch-stream.ts';
import {PROGRESS_INTERVAL_MS} from './limits.ts';

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
  const stream = new WatchStream(machine.keys, hub, headers, {
    write: (response) => call.write(response),
    refusal: () => calls.refusal(call),
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
  call.on('data', (request: WatchRequest | Malformed) => {
    if (request instanceof Malformed) call.emit('error', calls.statusOf(request.failure));
    else stream.receive(request);
  });
  call.on('drain', () => stream.pump());
  call.on('cancelled', close);
  // Who has asked all it wanted still wants to hear: only a cancellation ends the stream.
  call.on('error', close);
}
