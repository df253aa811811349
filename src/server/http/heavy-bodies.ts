/**
 * Large bodies are read and checked in pieces that cannot be cut, each of tens of milliseconds. They come one after the other, and the event loop is free of them for
 * a multiple of the time that one took: else the bodies of one caller, which arrive together, are one piece.
 */
import {gate} from '../../runtime/gate.ts';
import {runToEnd} from '../../model/steps.ts';
import {BODY_LIMIT_BYTES} from '../../protocol/limits.ts';
import {jsonBodySteps, parseJsonBody} from './json-body.ts';
import {REST_PER_HEAVY_PIECE} from './limits.ts';

export class HeavyBodies {
  private readonly heavy = new WeakSet<object>();
  private readonly turnOf: (request: object) => Promise<void>;
  private free: Promise<void> = Promise.resolve();

  /** `turnOf`: until a request with a large body may be worked on. */
  constructor(turnOf: (request: object) => Promise<void>) {
    this.turnOf = turnOf;
  }

  /** The value of the body of that request. @throws as `parseJsonBody`. */
  async read(request: object, body: Buffer): Promise<unknown> {
    if (body.length <= BODY_LIMIT_BYTES) return parseJsonBody(body);
    this.heavy.add(request);
    await this.turnOf(request);
    return this.inPieces(jsonBodySteps(body));
  }

  /** Does what takes its time with a large body, one step after the other; at once where the body of that request is small. */
  async check<T>(request: object, steps: Iterator<unknown, T>): Promise<T> {
    return this.heavy.has(request) ? this.inPieces(steps) : runToEnd(steps);
  }

  private async inPieces<T>(steps: Iterator<unknown, T>): Promise<T> {
    for (;;) {
      const {done, value} = await this.inTurn(() => steps.next());
      if (done === true) return value;
    }
  }

  private async inTurn<T>(work: () => T): Promise<T> {
    const {free} = this;
    const rest = gate();
    this.free = rest.promise;
    await free;
    const startedMs = performance.now();
    try {
      return work();
    } finally {
      const restMs = REST_PER_HEAVY_PIECE * (performance.now() - startedMs);
      setTimeout(rest.resolve, restMs).unref();
    }
  }
}
