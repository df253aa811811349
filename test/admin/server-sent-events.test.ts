import {expect, it} from 'vitest';
import {readEvents} from '../../src/admin/server-sent-events.ts';

it('events are whole wherever the chunks are cut, also inside a character', async () => {
  const bytes = Buffer.from(': a comment\n\ndata: größer €\n\nid: 7\ndata: 京都\n\n');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const events: string[] = [];
    for await (const data of readEvents(chunks(bytes.subarray(0, cut), bytes.subarray(cut))))
      events.push(data);
    expect(events).toEqual(['größer €', '京都']);
  }
});

async function* chunks(...parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}
