/** A command of the command line in this process, against a daemon that answers as the test says. */
import {createServer} from 'node:http';
import type {IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {Config} from '@oclif/core';
import {vi} from 'vitest';

type Runnable = new (argv: string[], config: Config) => {_run: () => Promise<unknown>};

/** What the daemon answers, by the last part of the path; 'away': it breaks the connection; 'silent': it answers nothing. */
export type Answers = Readonly<
  Record<string, (input: Record<string, unknown>) => object | 'away' | 'silent'>
>;

export interface RanCommand {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Calls that the daemon got, with their inputs. */
  readonly asked: readonly (readonly [call: string, input: Record<string, unknown>])[];
}

const ROOT = join(import.meta.dirname, '..', '..');

export async function runCommand(
  command: unknown,
  argv: readonly string[],
  answers: Answers,
): Promise<RanCommand> {
  const asked: [string, Record<string, unknown>][] = [];
  const server = createServer((request, response) => {
    void inputOf(request).then((input) => {
      const call = new URL(request.url ?? '/', 'http://d').pathname.replace('/sm/server/', '');
      asked.push([call, input]);
      const answer = answers[call]?.(input) ?? 'away';
      if (answer === 'away') request.socket.destroy();
      else if (answer !== 'silent')
        response
          .writeHead(statusOf(answer), {'content-type': 'application/json'})
          .end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  const said = {stdout: '', stderr: ''};
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      said[stream] += String(chunk);
      return true;
    }),
  );
  const before = process.exitCode;
  try {
    process.exitCode = undefined;
    const config = await Config.load({root: ROOT});
    // Behind two dashes it would be a word.
    const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
    const named = ['--server', `http://127.0.0.1:${port}`];
    const all = [...argv.slice(0, end), ...named, ...argv.slice(end)];
    await new (command as Runnable)(all, config)._run();
    return {exit: Number(process.exitCode ?? 0), ...said, asked};
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function statusOf(answer: object): number {
  if (!('code' in answer)) return 200;
  return answer.code === 'RATE_LIMITED' ? 429 : 409;
}

async function inputOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await text(request);
  if (body !== '') return JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(new URL(request.url ?? '/', 'http://d').searchParams);
}
