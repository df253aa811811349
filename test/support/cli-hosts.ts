/**
 * The built command line without a process for each call: for what a spawn would only repeat. To begin a process and to load the command
 * line takes longer than nearly every call itself.
 */
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {join} from 'node:path';
import {bundled} from './bundle.ts';
import {environmentOf} from './cli-process.ts';
import type {Ran, RunOptions} from './cli-process.ts';
import {HANG_MS} from './until.ts';
import type {HostedEnd} from './cli-host.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'index.js');

export class CliHosts {
  private readonly idle: ChildProcess[] = [];
  private readonly all = new Set<ChildProcess>();

  /** As `runCli`: same arguments, same result; colours and what follows the end of stdout need a process of their own. */
  async run(args: readonly string[], options: Pick<RunOptions, 'env'> = {}): Promise<Ran> {
    const host = this.idle.pop() ?? (await this.open());
    const end = answerOf(host);
    host.send({args, env: environmentOf(options)});
    const ran = await end;
    if (host.connected) this.idle.push(host);
    return ran;
  }

  close(): void {
    for (const host of this.all) host.kill('SIGKILL');
  }

  private async open(): Promise<ChildProcess> {
    const host = fork(bundled(join(import.meta.dirname, 'cli-host.ts')), [PROGRAM], {
      env: environmentOf({}),
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.all.add(host);
    host.once('close', () => this.all.delete(host));
    await new Promise((resolve, reject) => {
      host.once('message', resolve);
      host.once('close', () => reject(new Error('the command line did not load')));
    });
    return host;
  }
}

/** A host that hangs, or ends, is gone for the calls after it. */
function answerOf(host: ChildProcess): Promise<Ran> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => host.kill('SIGKILL'), HANG_MS);
    const done = (ran: Ran): void => {
      clearTimeout(limit);
      host.removeAllListeners('message');
      host.removeListener('close', gone);
      resolve(ran);
    };
    const gone = (): void => done({exit: -1, stdout: '', stderr: 'the host of the call has ended'});
    host.once('message', (end) => done(end as HostedEnd));
    host.once('close', gone);
  });
}
