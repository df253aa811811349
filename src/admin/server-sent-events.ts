import {StringDecoder} from 'node:string_decoder';
import {EVENT_LIMIT_CHARACTERS} from './limits.ts';

/** Data of the events of a stream, in order; comments and names are left out. @throws what `tooLong` gives, for an event over the limit. */
export async function* readEvents(
  stream: AsyncIterable<Buffer | string>,
  tooLong: () => Error = () => new Error('an event is too long'),
): AsyncGenerator<string> {
  // A character may be torn between two chunks.
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    // What was searched before is not searched again, but for the first half of an end.
    let from = Math.max(0, rest.length - 1);
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    for (;;) {
      const end = rest.indexOf('\n\n', from);
      if (end < 0) break;
      const data = dataOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      from = 0;
      if (data !== '') yield data;
    }
    if (rest.length > EVENT_LIMIT_CHARACTERS) throw tooLong();
  }
}

function dataOf(event: string): string {
  const lines = event.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trimStart()).join('\n');
}
