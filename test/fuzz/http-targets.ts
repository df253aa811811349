/** The HTTP side of daemons and of a container, as processes. */
import {exchange} from './http-exchange.ts';
import {DAEMON_ROUTES, RECEIVER_ROUTES, httpCase} from './http-requests.ts';
import type {HttpCase, HttpCaseOptions} from './http-requests.ts';
import {CANARIES, CANARY_TOKEN, ProcessBed} from './process-bed.ts';
import {count} from './target.ts';
import type {FuzzTarget, Json, TargetFactory} from './target.ts';

const WIDTH = 8;

interface HttpTargetOptions extends HttpCaseOptions {
  readonly name: string;
  readonly of: 'daemons' | 'container';
  ports(bed: ProcessBed): readonly number[];
}

async function open(options: HttpTargetOptions): Promise<FuzzTarget> {
  const bed = await ProcessBed.start();
  const ports = options.ports(bed);
  const counts = new Map<string, number>();
  return {
    ...{name: options.name, width: WIDTH, counts},
    make: (random) => httpCase(options, random),
    run: async (input: Json) => {
      const one = input as unknown as HttpCase;
      const {kind, fault} = await exchange(ports[one.to] ?? 0, one, CANARIES);
      count(counts, kind);
      return fault;
    },
    memory: () => bed.memory(options.of),
    verify: () => bed.verify(),
    close: () => bed.close(),
  };
}

function factory(options: HttpTargetOptions): TargetFactory {
  return {name: options.name, group: options.name, weight: 2, open: () => open(options)};
}

export const httpTarget = factory({
  ...{name: 'http', of: 'daemons', routes: DAEMON_ROUTES, servers: 2, token: CANARY_TOKEN},
  ports: (bed) => bed.ports,
});

export const receiverTarget = factory({
  ...{name: 'receiver', of: 'container', routes: RECEIVER_ROUTES, servers: 1, token: 'x'},
  ports: (bed) => [bed.receiverPort],
});
