/**
 * A container that writes for its shard into every resource, naively and checked. When asked to, it stops itself between guard and write:
 * what `SIGSTOP`, a long garbage collection or a suspended machine do to a process at the worst moment.
 */
import {joinApp} from '../../../src/container/index.ts';
import type {JoinOptions, Shard} from '../../../src/container/index.ts';
import {isStale, resourcesOf} from './resources.ts';
import type {Places, Resource} from './resources.ts';

const WRITE_EVERY_MS = 50;
/** A gap that only a stop explains. */
const STOPPED_MS = 1_000;
const STOP_LIMIT_MS = 5_000;

export type WriterReport =
  | {readonly type: 'ready'}
  | {readonly type: 'written' | 'refused'; readonly resource: string; readonly token: string}
  | {readonly type: 'failed'; readonly resource: string; readonly why: string};

export type WriterOrder =
  | {readonly type: 'join'; readonly options: JoinOptions; readonly places: Places}
  | {readonly type: 'stopAtNextWrite'};

let stopWanted = false;
const serving = new Map<Shard, NodeJS.Timeout>();

function tell(report: WriterReport): void {
  if (process.connected) process.send?.(report);
}

/** Returns when the process has been stopped and goes on. */
function stopMyself(): void {
  process.kill(process.pid, 'SIGSTOP');
  const endMs = performance.now() + STOP_LIMIT_MS;
  // The signal may take effect a moment later.
  for (let last = performance.now(), now = last; now < endMs; now = performance.now()) {
    if (now - last > STOPPED_MS) return;
    last = now;
  }
}

async function write(resource: Resource, shard: Shard, value: string): Promise<void> {
  const {name} = resource;
  const report = {resource: name, token: shard.token};
  await resource.write(shard, value).then(
    () => tell({type: 'written', ...report}),
    (error: unknown) => {
      if (isStale(error)) tell({type: 'refused', ...report});
      else tell({type: 'failed', resource: name, why: String(error)});
    },
  );
}

async function act(resources: readonly Resource[], shard: Shard): Promise<void> {
  if (!shard.owned) return;
  shard.guard();
  if (stopWanted) {
    stopWanted = false;
    stopMyself();
  }
  await Promise.all(resources.map((resource) => write(resource, shard, shard.token)));
}

async function join(options: JoinOptions, places: Places): Promise<void> {
  const resources = resourcesOf(places);
  const container = await joinApp(options, {
    add: async (shard) => {
      // An order that came too late was for an earlier time as owner.
      stopWanted = false;
      await Promise.all(resources.map((resource) => resource.takeOver(shard)));
      const timer = setInterval(
        () => void shard.run(() => act(resources, shard)).catch(() => undefined),
        WRITE_EVERY_MS,
      );
      serving.set(shard, timer);
    },
    drop: (shard) => {
      clearInterval(serving.get(shard));
      serving.delete(shard);
    },
  });
  await container.ready;
  tell({type: 'ready'});
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: WriterOrder) => {
  if (order.type === 'stopAtNextWrite') stopWanted = true;
  else
    join(order.options, order.places).catch((error: unknown) =>
      tell({type: 'failed', resource: 'join', why: String(error)}),
    );
});
