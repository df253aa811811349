/** Carries hints from daemons to containers and daemons: late, lost or twice, as the weather has it. */
import type {ContainerCall, HintBatch} from '../../src/governor/hints.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {Contact} from '../../src/model/contact.ts';
import type {HintSender} from '../../src/server/governing/hint-sender.ts';
import {nameOfNode} from './boundary-names.ts';
import type {SimProcess} from './process.ts';
import type {Weather} from './weather.ts';
import type {World} from './world.ts';

/** As of the daemon's HTTP client. */
const CALL_LIMIT_MS = 2_000;

interface HintListener {
  readonly process: SimProcess;
  readonly app: string;
  readonly driver: {
    readonly session: {readonly incarnation: string};
    hint(incarnation: string, shard: string, revision: number, record?: string): void;
  };
}

export class HintNetwork {
  private readonly world: World;
  private readonly weather: Weather;
  private readonly deaf = new Set<string>();
  private readonly listeners = new Map<string, HintListener>();

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.weather = weather;
  }

  listen(endpoint: string, process: SimProcess, app: string, driver: HintListener['driver']): void {
    this.listeners.set(endpoint, {process, app, driver});
  }

  /** Hints to this endpoint get lost, all of them. */
  deafen(endpoint: string, on: boolean): void {
    if (on) this.deaf.add(endpoint);
    else this.deaf.delete(endpoint);
    this.world.note(`${endpoint} ${on ? 'hears no hints' : 'hears hints'}`);
  }

  isDeaf(endpoint: string): boolean {
    return this.deaf.has(endpoint);
  }

  hearAgain(): void {
    this.deaf.clear();
  }

  close(endpoint: string, process: SimProcess): void {
    if (this.listeners.get(endpoint)?.process === process) this.listeners.delete(endpoint);
  }

  /** In the place of the daemon's HTTP client. */
  sender(from: SimProcess): HintSender {
    const sender: Pick<HintSender, 'send' | 'contact' | 'close'> = {
      send: (app, batch) => this.send(app, batch),
      contact: (app, call) => this.contact(from, app, call),
      close: () => Promise.resolve(),
    };
    return sender as HintSender;
  }

  /** A hint that tells of nothing, and its answer. */
  private contact(
    from: SimProcess,
    app: string,
    {container, endpoint, incarnation}: ContainerCall,
  ): Promise<Contact> {
    return new Promise((resolve) => {
      from.after(CALL_LIMIT_MS, () => resolve({reached: false, cause: 'no answer in time'}));
      const what = (): string => `call ${container}`;
      const usual = this.weather.hintDelays(what);
      const [delayMs] = this.world.boundaries?.hint(what, usual[0] ?? 0) ?? usual;
      if (delayMs === undefined) return;
      this.world.after(delayMs, () => {
        const listener = this.listeners.get(endpoint);
        if (listener === undefined || listener.app !== app || this.deaf.has(endpoint)) return;
        listener.process.deliver(0, () => {
          if (listener.driver.session.incarnation === incarnation)
            from.deliver(delayMs, () => resolve({reached: true}));
        });
      });
    });
  }

  private send(app: string, batch: HintBatch): void {
    const what = (): string => nameOfHint(batch);
    const usual = this.weather.hintDelays(what);
    const struck = this.world.boundaries?.hint(what, usual[0] ?? 0);
    for (const delayMs of struck ?? usual) this.world.after(delayMs, () => this.arrive(app, batch));
  }

  /** Checked as the receiver checks: hints for another app or incarnation are ignored. */
  private arrive(app: string, {endpoint, incarnation, items}: HintBatch): void {
    const listener = this.listeners.get(endpoint);
    if (listener === undefined || listener.app !== app || this.deaf.has(endpoint)) return;
    const {driver, process} = listener;
    process.deliver(0, () => {
      if (driver.session.incarnation !== incarnation) return;
      for (const {shard, revision, record} of items)
        driver.hint(incarnation, shard, revision, this.hintedRecord(process, record));
    });
  }

  /** The record's text as the receiver gets it: nobody vouches for it. */
  private hintedRecord(
    process: SimProcess,
    record: OwnershipRecord | undefined,
  ): string | undefined {
    if (record === undefined) return undefined;
    const lies = this.weather.hintLies(() => `${process.label} hint`);
    return encodeRecord(lies ? {...record, failures: 77, move: null} : record);
  }
}

function nameOfHint({container, items}: HintBatch): string {
  return `hint ${nameOfNode(container)} ${items.map(({op, shard}) => `${op} ${shard}`).join(' ')}`;
}
