import {SmCommand, appFlag, shardArg} from '../../cli/base-command.ts';

export default class ShardLocate extends SmCommand<typeof ShardLocate> {
  static override summary = 'Show who owns a shard: container, endpoint, token.';
  static override examples = [
    '<%= config.bin %> shard locate -a orders eu-1',
    '<%= config.bin %> shard locate -a orders eu-1 --json',
  ];
  static override hiddenAliases = ['shards:locate'];
  static override args = shardArg;
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const found = await this.client.call('locate', {
      service: this.flags.app,
      shardId: this.args.id,
    });
    const {owner, endpoint, token, state, ready, reason} = found;
    const where =
      owner === ''
        ? `nobody${reason === '' ? '' : ` (${reason})`}`
        : `${owner} at ${endpoint || '-'}`;
    await this.showObject({
      kind: 'ShardLocation',
      fields: found,
      name: owner,
      lines: [
        `shard ${found.shardId}: ${where}`,
        `state: ${state}${ready ? '' : ', not ready'}`,
        `token: ${token || '-'}`,
      ],
    });
  }
}
