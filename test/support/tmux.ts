/** A real terminal: a tmux server of its own, with one pane that runs a shell. Only this server is ever ended. */
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const HISTORY_LINES = 5_000;
let made = 0;

export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  /** Where the shell starts. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Tmux {
  private readonly socket: string;

  private constructor(socket: string) {
    this.socket = socket;
  }

  static async start({columns, rows, folder, env = {}}: TmuxOptions): Promise<Tmux> {
    made += 1;
    const tmux = new Tmux(`sm-test-${process.pid}-${made}`);
    const variables = Object.entries({PS1: '$ ', ...env}).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ]);
    await tmux.run(
      ...['start-server', ';', 'set', '-g', 'status', 'off', ';'],
      ...['set', '-g', 'history-limit', String(HISTORY_LINES), ';'],
      ...['set', '-g', 'default-terminal', 'screen-256color', ';'],
      ...['new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', folder],
      ...[...variables, 'sh'],
    );
    return tmux;
  }

  /** As if typed, with Enter. */
  async enter(line: string): Promise<void> {
    await this.run('send-keys', '-l', line);
    await this.keys('Enter');
  }

  /** Names as tmux knows them: q, C-c, Down, Enter. */
  async keys(...names: readonly string[]): Promise<void> {
    await this.run('send-keys', ...names);
  }

  /** What stands on the screen, without spaces at the ends of lines. */
  async screen(): Promise<string> {
    return this.run('capture-pane', '-p');
  }

  /** The same with its colours. */
  async colours(): Promise<string> {
    return this.run('capture-pane', '-e', '-p');
  }

  /** Scrollback and screen; lines that the terminal has wrapped are joined. */
  async history(): Promise<string> {
    return this.run('capture-pane', '-p', '-J', '-S', '-');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Whether the alternate screen is shown, whether the cursor is, and the size. */
  async state(): Promise<string> {
    const format = '#{alternate_on} #{cursor_flag} #{pane_width}x#{pane_height}';
    return (await this.run('display-message', '-p', format)).trim();
  }

  /** Ends the server and with it the terminal. Harmless when it has ended. */
  async kill(): Promise<void> {
    await this.run('kill-server').catch(() => undefined);
  }

  private async run(...args: readonly string[]): Promise<string> {
    const {TMUX: _outer, CI: _ci, NO_COLOR: _plain, FORCE_COLOR: _force, ...env} = process.env;
    const {stdout} = await promisify(execFile)(
      'tmux',
      ['-L', this.socket, '-f', '/dev/null', ...args],
      {env: {...env, LC_ALL: 'C.UTF-8'}},
    );
    return stdout;
  }
}
