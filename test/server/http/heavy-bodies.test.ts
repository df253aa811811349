/** Large bodies are read and checked one piece after the other, with time for others in between. */
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {BODY_LIMIT_BYTES} from '../../../src/protocol/limits.ts';
import {HeavyBodies} from '../../../src/server/http/heavy-bodies.ts';
import {REST_PER_HEAVY_PIECE} from '../../../src/server/http/limits.ts';

const PIECE_MS = 30;
/** All pieces of a test and the pauses between them. Not all timers: those of what ran in this process before may go on for ever. */
const ALL_MS = 10 * REST_PER_HEAVY_PIECE * PIECE_MS;
const large = Buffer.from(JSON.stringify({text: 'x'.repeat(BODY_LIMIT_BYTES)}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is done with the body of that request, for so long. */
function* piece(done: string[], name: string): Generator<undefined, string> {
  vi.advanceTimersByTime(PIECE_MS);
  done.push(name);
  return name;
}

describe('large bodies', () => {
  it('of many calls are no single piece of work: after each the event loop is free for four times as long', async () => {
    const bodies = new HeavyBodies(async () => undefined);
    const requests = [{}, {}, {}];
    const reading = Promise.all(requests.map((request) => bodies.read(request, large)));
    await vi.advanceTimersByTimeAsync(ALL_MS);
    expect(await reading).toHaveLength(3);
    const done: string[] = [];
    const checking = Promise.all(
      requests.map((request, at) => bodies.check(request, piece(done, `check ${at}`))),
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toEqual(['check 0']);
    await vi.advanceTimersByTimeAsync(REST_PER_HEAVY_PIECE * PIECE_MS - 1);
    expect(done).toEqual(['check 0']);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['check 0', 'check 1']);
    await vi.advanceTimersByTimeAsync(ALL_MS);
    expect(await checking).toEqual(['check 0', 'check 1', 'check 2']);
  });

  it('are read in pieces: others come between any two looks at one', async () => {
    const done: string[] = [];
    const decode = TextDecoder.prototype.decode;
    vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(function (
      this: InstanceType<typeof TextDecoder>,
      bytes,
    ) {
      piece(done, 'decode').next();
      return decode.call(this, bytes);
    });
    const {parse} = JSON;
    vi.spyOn(JSON, 'parse').mockImplementation((text) => {
      piece(done, 'parse').next();
      return parse(text) as unknown;
    });
    const keys = vi.spyOn(Object, 'entries');
    const reading = new HeavyBodies(async () => undefined).read({}, large);
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toEqual(['decode']);
    await vi.advanceTimersByTimeAsync(REST_PER_HEAVY_PIECE * PIECE_MS - 1);
    expect(done).toEqual(['decode']);
    // The look at the depth took no time: the parse follows.
    await vi.advanceTimersByTimeAsync(2);
    expect(done).toEqual(['decode', 'parse']);
    await vi.advanceTimersByTimeAsync(REST_PER_HEAVY_PIECE * PIECE_MS - 2);
    expect(keys).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(ALL_MS);
    expect(await reading).toEqual(parse(large.toString()));
    expect(keys).toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it('keep no small one waiting', async () => {
    const bodies = new HeavyBodies(async () => undefined);
    const [heavy, small] = [{}, {}];
    const reading = bodies.read(heavy, large);
    const done: string[] = [];
    void bodies.check(heavy, piece(done, 'large'));
    void bodies.check(heavy, piece(done, 'large'));
    await expect(bodies.read(small, Buffer.from('{"a":1}'))).resolves.toEqual({a: 1});
    await bodies.check(small, piece(done, 'small'));
    expect(done.filter((name) => name === 'small')).toHaveLength(1);
    expect(done.filter((name) => name === 'large').length).toBeLessThan(2);
    await vi.advanceTimersByTimeAsync(ALL_MS);
    await reading;
  });

  it('that are refused hold up nothing', async () => {
    const bodies = new HeavyBodies(async () => undefined);
    const broken = Buffer.from(`{"text": "${'x'.repeat(BODY_LIMIT_BYTES)}`);
    const first = bodies.read({}, broken).catch((error: unknown) => error);
    const second = bodies.read({}, large);
    await vi.advanceTimersByTimeAsync(ALL_MS);
    expect(await first).toMatchObject({code: 'INVALID_INPUT'});
    expect(await second).toBeDefined();
  });
});
