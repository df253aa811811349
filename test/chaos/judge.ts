/** The judge as a process of its own: `judge SOCKET LOG`. Containers speak to it over the socket, the conductor over the channel between processes. */
import {createServer} from 'node:net';
import type {Socket} from 'node:net';
import {createInterface} from 'node:readline';
import {JudgeCore} from './judge-core.ts';
import type {JudgeAnswer, JudgeQuestion, ToJudge} from './messages.ts';
import {nowUs} from './messages.ts';

const [, , socketPath = '', logPath = ''] = process.argv;
const core = new JudgeCore(logPath);

function serve(socket: Socket): void {
  socket.on('error', () => undefined);
  const lines = createInterface({input: socket});
  // A process that is killed breaks its connection; readline says so once more.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const message = parse(line);
    const answer = message === undefined ? undefined : core.received(message, nowUs());
    if (answer !== undefined && !socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  });
}

/** The last line of a process that was killed may be half of one. */
function parse(line: string): ToJudge | undefined {
  try {
    return JSON.parse(line) as ToJudge;
  } catch {
    return undefined;
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', (question: JudgeQuestion) => {
  const answer =
    question.type === 'acting' ? core.verdict.actingSince(question.sinceUs) : core.finish();
  const reply: JudgeAnswer = {id: question.id, answer};
  process.send?.(reply);
});
createServer(serve).listen(socketPath, () => process.send?.({id: 0, answer: 'ready'}));
