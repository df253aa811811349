import {Flags} from '@oclif/core';
import {appFlag, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {shardResults} from '../../cli/changes.ts';
import {inBatches} from '../../cli/shard-batches.ts';
import {warningLines} from '../../cli/warning-lines.ts';
import {loadsOf} from '../../cli/registration-flags.ts';
import {readShardFile} from '../../cli/shard-file.ts';
import type {WaitFor} from '../../cli/waiting.ts';
import {SmError} from '../../model/errors.ts';
import type {AddShardItem, BatchAnswer} from '../../protocol/admin.ts';
import {ADDED_ROWS_SHOWN} from '../../cli/limits.ts';

export default class ShardAdd extends ChangeCommand<typeof ShardAdd> {
  static override summary = 'Add shards to an app.';
  static override description =
    'A shard that exists with the same content is left unchanged; with different content it is a conflict.';
  static override examples = [
    '<%= config.bin %> shard add -a orders eu-1 eu-2 --task \'{"region":"eu"}\'',
    '<%= config.bin %> shard add -a orders --count 20 --prefix extra- --wait',
    '<%= config.bin %> shard add -a orders -f shards.jsonl',
  ];
  static override hiddenAliases = ['shards:add'];
  static override strict = false;
  static override usage = 'shard add -a APP ID...';
  static override flags = {
    app: appFlag,
    task: Flags.string({description: 'payload given to the container', default: ''}),
    group: Flags.string({description: 'balancing group', default: ''}),
    'worker-group': Flags.string({
      description: 'worker group (pool of containers) that the shard must run in',
      default: '',
    }),
    pin: Flags.string({description: 'container that the shard is bound to', default: ''}),
    load: Flags.string({
      description: 'load in a metric, as METRIC=NUMBER; may be repeated',
      multiple: true,
    }),
    'spread-key': Flags.string({
      description: 'two shards with the same key are never on one container',
      default: '',
    }),
    priority: Flags.integer({
      description: 'when capacity is short, shards with a higher priority are placed first',
      default: 0,
    }),
    count: Flags.integer({
      description: 'add this many shards, named PREFIX1, PREFIX2, ...',
      min: 1,
    }),
    prefix: Flags.string({description: 'prefix of the names made by --count', default: ''}),
    file: Flags.string({
      char: 'f',
      description:
        'file with one shard per line: an id, or a JSON object such as {"shardId": "eu-1", "task": "..."} (all fields: sm schema addShards); -: stdin',
    }),
    wait: Flags.boolean({description: 'wait until every shard of the app is ready'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const items = await this.items();
    const [only] = items;
    if (items.length === 1 && only !== undefined) await this.addOne(only);
    else await this.addAll(items);
  }

  private async items(): Promise<AddShardItem[]> {
    const {task, group, pin, count, prefix, file, priority} = this.flags;
    const load = loadsOf(this.flags.load ?? []);
    const spreadKey = this.flags['spread-key'];
    const common = {
      ...{task, group, workerGroup: this.flags['worker-group'], manualContainerId: pin},
      ...(Object.keys(load).length === 0 ? {} : {load}),
      ...(spreadKey === '' ? {} : {spreadKey}),
      ...(priority === 0 ? {} : {priority}),
    };
    const ids = [
      ...this.words,
      ...Array.from({length: count ?? 0}, (_, index) => `${prefix}${index + 1}`),
    ];
    const read = file === undefined ? [] : await readShardFile(file);
    const items = [
      ...ids.map((shardId) => ({shardId, ...common})),
      ...read.map((item) => ({...common, ...item})),
    ];
    if (items.length > 0) return items;
    throw new SmError('INVALID_INPUT', 'no shard is given', {
      hint: 'name ids, or give --count or -f FILE',
    });
  }

  private async addOne(item: AddShardItem): Promise<void> {
    const {reason, dryRun} = this.change;
    const request = {service: this.flags.app, reason, ...item, dryRun};
    const answer = await this.client.call('addShard', request);
    if (answer.warning !== undefined) this.say(answer.warning);
    await this.warnOfEmptyGroup(this.flags.app, this.flags['worker-group']);
    await this.showAfter(this.goals(true), () => this.showChange('Shard', item.shardId, answer));
  }

  private async addAll(items: readonly AddShardItem[]): Promise<void> {
    const {app} = this.flags;
    const answer = await inBatches(this.client, 'addShards', app, items, this.change);
    await this.warnOfEmptyGroup(this.flags.app, this.flags['worker-group']);
    await this.showAfter(this.goals(answer.failed === 0), () => this.showBatch(answer));
    if (answer.failed > 0) this.leaveWith(9);
  }

  private async showBatch(answer: BatchAnswer): Promise<void> {
    const {items, changed, failed, revision} = answer;
    const warnings = items.flatMap(({warning}) => (warning === undefined ? [] : [warning]));
    for (const line of warningLines(warnings)) this.say(line);
    const shown = this.format === 'table' ? ADDED_ROWS_SHOWN : items.length;
    const {dryRun} = this.change;
    const notes =
      items.length > shown ? [`showing ${shown} of ${items.length}; ${failed} failed`] : [];
    const rows = items
      .toSorted((a, b) => Number(b.error !== undefined) - Number(a.error !== undefined))
      .slice(0, shown);
    await this.showList(shardResults({changed, failed, dryRun, revision}, rows, notes));
  }

  /** What is waited for after a change that was made. */
  private goals(made: boolean): WaitFor[] {
    const waits = made && this.flags.wait && !this.change.dryRun;
    return waits ? [{service: this.flags.app, kind: 'app', for: 'ready'}] : [];
  }
}
