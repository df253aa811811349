/**
 * Ends the children when their parent is gone, however it went. A stopped process does not notice that its parent has died, so they
 * cannot all end themselves: a shell reads from a pipe which processes there are, and when the pipe closes it kills those left.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';

const SCRIPT = `
trap '' HUP INT TERM
pids=' '
while read -r word pid; do
  case "$word" in
    began) pids="$pids$pid " ;;
    ended) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
`;

export class OrphanReaper {
  private readonly shell: ChildProcess;

  constructor() {
    // A session of its own: what a terminal sends to its foreground must not end the reaper first.
    this.shell = spawn('sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.shell.on('error', () => undefined);
    this.shell.stdin?.on('error', () => undefined);
  }

  watch(child: ChildProcess): void {
    const {pid} = child;
    if (pid === undefined) return;
    this.shell.stdin?.write(`began ${pid}\n`);
    child.once('exit', () => this.shell.stdin?.write(`ended ${pid}\n`));
  }

  /** Kills what is left of the children, and ends. */
  async close(): Promise<void> {
    const {shell} = this;
    if (shell.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    const gone = once(shell, 'exit');
    shell.stdin?.end();
    await gone;
  }
}
