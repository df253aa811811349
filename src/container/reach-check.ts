/**
 * Whether daemons can call this process. It knows when they do: hints come, and once in 30 s somebody asks what it holds. Only when nobody has called for
 * longer than that, it reads what its governor says of it, so that an endpoint that nobody can call, or that is refused, is known here, too.
 */
import type {Keys} from '../etcd/keys.ts';
import {decodeAppStatus} from '../protocol/records.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {Store} from '../store/port.ts';
import {REACH_FIRST_MS, REACH_LOOK_MS, REACH_QUIET_MS} from './limits.ts';

/** Who is called, and where. */
interface Called {
  readonly container: string;
  readonly incarnation: string;
  readonly endpoint: string;
}

const ADDRESS_FIX =
  'set host, or advertise, to an address at which daemons reach this process, and allow their connections';
const CERTIFICATE_FIX =
  'the certificate of tls has to be for that host, and of an authority that containerTls.ca of the daemons names';

export interface ReachCheckOptions {
  readonly app: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly clock: Pick<Clock, 'after' | 'nowMs'>;
  readonly logger: Logger;
  readonly me: () => Called;
}

export class ReachCheck {
  /** What the governor says of why it cannot call this container; '' as long as nobody says so. */
  problem = '';
  private readonly options: ReachCheckOptions;
  private calledMs = Number.NEGATIVE_INFINITY;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(options: ReachCheckOptions) {
    this.options = options;
  }

  start(): void {
    this.timer = this.options.clock.after(REACH_FIRST_MS, () => void this.look());
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** A daemon has called. */
  called(): void {
    this.calledMs = this.options.clock.nowMs();
    this.take('');
  }

  private async look(): Promise<void> {
    const {clock} = this.options;
    if (clock.nowMs() - this.calledMs > REACH_QUIET_MS) {
      const word = await this.governorsWord();
      if (word !== undefined && !this.stopped) this.take(word);
    }
    if (!this.stopped) this.timer = clock.after(REACH_LOOK_MS, () => void this.look());
  }

  /** '' where the governor says nothing of the kind; undefined: it could not be read. */
  private async governorsWord(): Promise<string | undefined> {
    const {store, keys, app, me} = this.options;
    const reply = await store.get(keys.status(app)).catch(() => undefined);
    if (reply === undefined) return undefined;
    const decoded = reply.entry === undefined ? undefined : decodeAppStatus(reply.entry.value);
    if (decoded?.ok !== true) return '';
    const {container, incarnation} = me();
    const said = Object.hasOwn(decoded.value.containers, container)
      ? decoded.value.containers[container]
      : undefined;
    if (said?.incarnation !== incarnation || said.state !== 'unreachable') return '';
    return `its governor has given it no new shards since ${said.since}: it ${said.note === '' ? 'claims nothing' : said.note}`;
  }

  private take(problem: string): void {
    if (problem === this.problem) return;
    this.problem = problem;
    const {logger, me} = this.options;
    const isTls = me().endpoint.startsWith('https:');
    if (problem === '') logger.info({}, 'daemons can call this container again');
    else
      logger.error(
        {
          fix: isTls ? `${ADDRESS_FIX}; ${CERTIFICATE_FIX}` : ADDRESS_FIX,
        },
        `not reachable: ${problem}`,
      );
  }
}
