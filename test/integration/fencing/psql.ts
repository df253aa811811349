/** A client of PostgreSQL for tests: one psql process, one statement at a time. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import type {Database} from '../../../examples/fencing/postgresql.ts';

const END = '<end of the answer>';
const FIELDS = '\u001f';

interface Answer {
  readonly rowCount: number | null;
  readonly rows: Record<string, string>[];
}

export class Psql implements Database {
  private readonly child: ChildProcess;
  private output = '';
  private wake: () => void = () => undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** `folder`: of the server's socket. */
  constructor(folder: string) {
    const args = ['-X', '-A', '-F', FIELDS, '-h', folder, '-U', 'postgres', '-d', 'postgres'];
    this.child = spawn('psql', args, {stdio: ['pipe', 'pipe', 'pipe']});
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.wake();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.child.on('error', () => undefined);
    this.child.stdin?.on('error', () => undefined);
  }

  query(text: string, values: unknown[] = []): Promise<Answer> {
    const answer = this.last.then(() => this.ask(text, values));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private async ask(text: string, values: unknown[]): Promise<Answer> {
    const statement = text.replaceAll(/\$(\d+)/g, (_, place) => quoted(values[Number(place) - 1]));
    this.output = '';
    this.child.stdin?.write(`${statement};\n\\echo '${END}'\n`);
    while (!this.output.includes(END)) {
      if (this.child.exitCode !== null) throw new Error(`psql has ended: ${this.output}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const lines = this.output.slice(0, this.output.indexOf(END)).split('\n').slice(0, -1);
    return answerOf(lines);
  }
}

function quoted(value: unknown): string {
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** A command says how many rows it has changed; a query is a heading, rows, and their number in brackets. */
function answerOf(lines: readonly string[]): Answer {
  const failed = lines.find((line) => line.startsWith('ERROR') || line.startsWith('FATAL'));
  if (failed !== undefined) throw new Error(failed);
  const last = lines.at(-1) ?? '';
  const changed = /^(?:UPDATE|DELETE|INSERT 0) (\d+)$/.exec(last)?.[1];
  if (changed !== undefined) return {rowCount: Number(changed), rows: []};
  if (!/^\(\d+ rows?\)$/.test(last)) return {rowCount: null, rows: []};
  const [heading = '', ...rest] = lines.slice(0, -1);
  const names = heading.split(FIELDS);
  const rows = rest.map((line) =>
    Object.fromEntries(line.split(FIELDS).map((field, at) => [names[at] ?? '', field])),
  );
  return {rowCount: rows.length, rows};
}
