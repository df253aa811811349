import {SmCommand, appFlag, shardArg} from '../../cli/base-command.ts';
import {noteText} from '../../model/operator-note.ts';
import {shardNotFound} from '../../model/not-found.ts';

export default class ShardGet extends SmCommand<typeof ShardGet> {
  static override summary = 'Show one shard.';
  static override examples = ['<%= config.bin %> shard get -a orders eu-1'];
  static override hiddenAliases = ['shards:get'];
  static override args = shardArg;
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const {app} = this.flags;
    const {shards, revision} = await this.client.call('getShards', {
      service: app,
      shardId: this.args.id,
    });
    const [shard] = shards;
    if (shard === undefined) throw shardNotFound(app, this.args.id);
    const {move} = shard;
    await this.showObject({
      kind: 'Shard',
      fields: {...shard, readAt: revision},
      name: shard.id,
      lines: [
        `shard ${shard.id}: ${shard.state.toUpperCase()}${shard.container === '' ? '' : ` on ${shard.container}`}`,
        ...(shard.reason === '' ? [] : [`reason: ${shard.reason}`]),
        ...(shard.lastError === ''
          ? []
          : [`last error (${shard.failures} in a row): ${shard.lastError}`]),
        `task: ${shard.task === '' ? '-' : shard.task}`,
        `group ${shard.group || '-'}, worker group ${shard.workerGroup || '-'}, pin ${shard.manualContainerId || '-'}`,
        ...(noteText(shard.pinned) === '' ? [] : [`pinned ${noteText(shard.pinned)}`]),
        `token: ${shard.token || '-'}`,
        ...(move === null
          ? []
          : [
              `last move ${move.id}: ${move.from || '-'} -> ${move.to || '-'} (${move.why}) at ${move.startedAt}`,
            ]),
      ],
    });
  }
}
