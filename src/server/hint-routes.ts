/** The hint receiver of a daemon, as routes of its admin server: the apps are its shards. */
import type {FastifyInstance} from 'fastify';
import type {SessionDriver} from '../container/internal.ts';
import {SmError} from '../model/errors.ts';
import {HINT_PATHS, hintsRequest} from '../protocol/hints.ts';
import type {HoldingsAnswer} from '../protocol/hints.ts';

export function mountHintReceiver(
  server: FastifyInstance,
  service: string,
  driver: () => SessionDriver,
): void {
  server.post(HINT_PATHS.hints, async (request, reply) => {
    const accepted = receiveHints(request.body, service, driver());
    void reply.code(202);
    return {accepted, atMs: Date.now()};
  });
  server.get(HINT_PATHS.shards, async (): Promise<HoldingsAnswer> => ({
    containers: [holdingsOf(service, driver())],
  }));
}

/** Takes a hints call; how many hints were for this daemon as it is now. @throws SmError INVALID_INPUT. */
export function receiveHints(body: unknown, service: string, driver: SessionDriver): number {
  const parsed = hintsRequest.safeParse(body);
  if (!parsed.success)
    throw new SmError(
      'INVALID_INPUT',
      parsed.error.issues.map((issue) => issue.message).join('; '),
    );
  const {app, incarnation, items} = parsed.data;
  if (app !== service || driver.session.incarnation !== incarnation) return 0;
  for (const {shard, revision, record} of items) driver.hint(incarnation, shard, revision, record);
  return items.length;
}

function holdingsOf(app: string, driver: SessionDriver): HoldingsAnswer['containers'][number] {
  const {session} = driver;
  const shards = [...session.machines].map(([id, machine]) => ({
    id,
    token: machine.token,
    state: machine.phase,
    ready: machine.serving,
    stuck: machine.stuck !== undefined,
  }));
  return {app, container: driver.container, incarnation: session.incarnation, shards};
}
