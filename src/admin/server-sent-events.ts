import {StringDecoder} from 'node:string_decoder';

/** Data of the events of a stream, in order; comments and names are left out. */
export async function* readEvents(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  // A character may be torn between two chunks.
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end < 0) break;
      const data = dataOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (data !== '') yield data;
    }
  }
}

function dataOf(event: string): string {
  const lines = event.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trimStart()).join('\n');
}
