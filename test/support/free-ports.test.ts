import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, it} from 'vitest';
import {bundled} from './bundle.ts';
import {PORTS_PER_BLOCK, freePorts} from './free-ports.ts';

const PROCESSES = 4;
const PORTS = 200;

/** Draws in a process of its own, which lives until `end`. */
async function drawnElsewhere(): Promise<{ports: number[]; end: () => Promise<void>}> {
  const module = pathToFileURL(bundled(join(import.meta.dirname, 'free-ports.ts'))).href;
  const program = [
    `const {freePorts} = await import(${JSON.stringify(module)});`,
    `process.stdout.write(JSON.stringify(await freePorts(${PORTS})) + '\\n');`,
    'process.stdin.resume();',
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith('\n')) break;
  }
  const end = async (): Promise<void> => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  };
  return {ports: JSON.parse(text) as number[], end};
}

function twice(ports: readonly number[]): number[] {
  return ports.filter((port, index) => ports.indexOf(port) !== index);
}

it('no two processes that live at once draw the same port', async () => {
  const drawn = await Promise.all(Array.from({length: PROCESSES}, drawnElsewhere));
  expect(twice([...drawn.flatMap(({ports}) => ports), ...(await freePorts(PORTS))])).toEqual([]);
  for (const {end} of drawn) await end();
});

it('draws that run at once, or one after another, get different ports', async () => {
  const drawn = await Promise.all(Array.from({length: PORTS}, () => freePorts(1)));
  expect(twice([...drawn.flat(), ...(await freePorts(PORTS / 5))])).toEqual([]);
});

it('a port at which somebody listens is not drawn', async () => {
  const [taken = 0] = await freePorts(1);
  const server = createServer();
  server.listen(taken, '127.0.0.1');
  await once(server, 'listening');
  // Once round the block.
  const half = PORTS_PER_BLOCK / 2;
  expect([...(await freePorts(half)), ...(await freePorts(half))]).not.toContain(taken);
  await new Promise((resolve) => server.close(resolve));
});
