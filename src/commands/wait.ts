import {Args, Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {unknownContainerText} from '../cli/placement-obstacles.ts';
import {Progress} from '../cli/progress.ts';
import {WAIT_DEFAULT_MS} from '../cli/limits.ts';
import type {WaitFor} from '../cli/waiting.ts';
import {waitForDaemon} from '../cli/waiting-for-daemon.ts';
import {SmError} from '../model/errors.ts';
import type {WaitGoal} from '../protocol/admin.ts';

const FORM = 'app/NAME, shard/APP/ID, container/APP/ID or daemon';

export default class Wait extends SmCommand<typeof Wait> {
  static override summary =
    'Wait until an app, shard or container reaches a state, or a daemon is ready.';
  static override description = [
    'An object that does not exist yet is waited for. The check uses specs and records read at one revision.',
    'gone: no spec and no record. ready: every shard owned and ready. balanced: the live planner has no move. drained: no record names the container.',
    'daemon --for ready: the daemon of --server answers, and its writes to etcd commit.',
    'Waits for 10 minutes at most unless --timeout says otherwise. A timeout exits 7 and lists what is missing; the work goes on.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> wait app/orders --for ready --timeout 30s',
    '<%= config.bin %> wait container/orders/orders-2 --for drained',
    '<%= config.bin %> wait daemon --for ready',
  ];
  static override args = {object: Args.string({description: FORM, required: true})};
  static override flags = {
    for: Flags.string({
      description: 'state to wait for',
      options: ['exists', 'gone', 'ready', 'balanced', 'drained'],
      required: true,
    }),
  };

  override async run(): Promise<void> {
    if (this.args.object === 'daemon') return this.waitForDaemon();
    const goal: WaitFor = {...parseObject(this.args.object), for: this.flags.for as WaitGoal};
    const {answer, waitedMs} = await this.waitFor(goal);
    await this.warnOfUnknown(goal);
    await this.showObject({
      kind: 'WaitResult',
      fields: {
        object: this.args.object,
        for: goal.for,
        met: answer.met,
        waitedMs,
        revision: answer.revision,
      },
      name: this.args.object,
      lines: [`${this.args.object} ${goal.for} after ${waitedMs} ms`],
    });
  }

  /** No record names a container that never was, either: a mistyped id would look drained. A failed read is ignored: the goal is met. */
  private async warnOfUnknown({service, kind, id, for: goal}: WaitFor): Promise<void> {
    if (kind !== 'container' || goal !== 'drained' || id === undefined) return;
    const read = await this.client.call('getContainers', {service}).catch(() => undefined);
    const text = read && unknownContainerText(service, id, read.containers);
    if (text !== undefined) this.say(text);
  }

  private async waitForDaemon(): Promise<void> {
    if (this.flags.for !== 'ready')
      throw new SmError('INVALID_INPUT', `cannot wait for a daemon to be "${this.flags.for}"`, {
        hint: 'use --for ready',
      });
    const limitMs = this.timeoutMs ?? WAIT_DEFAULT_MS;
    const {status, waitedMs} = await waitForDaemon(this.client, limitMs, new Progress());
    const {revision} = status;
    await this.showObject({
      kind: 'WaitResult',
      fields: {object: 'daemon', for: 'ready', met: true, waitedMs, revision},
      name: 'daemon',
      lines: [`daemon ready after ${waitedMs} ms`],
    });
  }
}

/** Shard ids may hold slashes: whatever follows the app is the id. */
function parseObject(text: string): Pick<WaitFor, 'service' | 'kind' | 'id'> {
  const [kind, service, ...rest] = text.split('/');
  const id = rest.join('/');
  if (kind === 'app' && service !== undefined && service !== '' && rest.length === 0)
    return {kind, service};
  if ((kind === 'shard' || kind === 'container') && service !== undefined && id !== '')
    return {kind, service, id};
  throw new SmError('INVALID_INPUT', `${JSON.stringify(text)} names no object`, {
    hint: `as ${FORM}`,
  });
}
