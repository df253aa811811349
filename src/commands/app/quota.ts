import {Flags} from '@oclif/core';
import {appArg, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {SmError} from '../../model/errors.ts';
import {QUOTA_NAMES, quotaFlag} from '../../model/quota.ts';

/** What takes a value back. */
const DEFAULT = 'default';

export default class AppQuota extends ChangeCommand<typeof AppQuota> {
  static override summary = 'Show or set the quotas of an app.';
  static override description =
    'Without a value the command shows each quota and how much of it is used. What an app already has above a quota stays, but nothing is added. The value default resets a quota to its default. Setting a quota needs a token with the role admin that is not limited to apps.';
  static override examples = [
    '<%= config.bin %> app quota orders',
    '<%= config.bin %> app quota orders --shards 200000 --containers 500',
    '<%= config.bin %> app quota orders --calls-per-second default',
  ];
  static override args = appArg;
  static override flags = {
    shards: Flags.string({description: 'most shards; default: 100000'}),
    containers: Flags.string({description: 'most containers; default: 5000'}),
    'spec-bytes': Flags.string({
      description: 'most bytes of ids and tasks of its shards; default: 256 MiB',
    }),
    groups: Flags.string({
      description: 'most groups of shards and worker groups; default: 1000',
    }),
    'push-sessions': Flags.string({description: 'most push containers; default: 1000'}),
    'calls-per-second': Flags.string({
      description: 'most calls of the admin API a second, at each daemon; default: 2000',
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const given = this.flags as Record<string, unknown>;
    const said = Object.fromEntries(
      QUOTA_NAMES.flatMap((name) => {
        const text = given[quotaFlag(name)];
        return typeof text === 'string' ? [[name, valueOf(quotaFlag(name), text)]] : [];
      }),
    );
    const {name} = this.args;
    if (Object.keys(said).length === 0) return this.showQuotas(name);
    const answer = await this.client.call('setQuota', {service: name, ...said, ...this.change});
    await this.showChange('App', name, answer, {quota: said});
  }

  private async showQuotas(app: string): Promise<void> {
    const answer = await this.client.call('getApp', {service: app});
    const {quota = {}} = answer.app;
    const items = QUOTA_NAMES.flatMap((name) => {
      const found = quota[name];
      return found === undefined ? [] : [{quota: quotaFlag(name), ...found}];
    });
    await this.showList({
      kind: 'QuotaList',
      items,
      name: ({quota}) => quota,
      columns: [
        {header: 'QUOTA', value: ({quota}) => quota},
        {header: 'USED', value: ({used}) => (used === undefined ? '-' : String(used))},
        {header: 'LIMIT', value: ({limit}) => String(limit)},
      ],
    });
  }
}

/** @throws SmError INVALID_INPUT. */
function valueOf(flag: string, text: string): number | null {
  if (text === DEFAULT) return null;
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new SmError('INVALID_INPUT', `--${flag} ${JSON.stringify(text)} is not a whole number`, {
    hint: `pass a number of 1 or more, or the word ${DEFAULT}`,
  });
}
