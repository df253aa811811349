import {Flags} from '@oclif/core';
import {appFlag, changeFlags, containerArg} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {numberOf} from '../../cli/registration-flags.ts';
import {SmError} from '../../model/errors.ts';

/** What takes a value back. */
const REGISTERED = 'registered';

export default class ContainerSet extends ChangeCommand<typeof ContainerSet> {
  static override summary = "Override a container's weight, capacity or zone.";
  static override description =
    'The override applies to any process with this id until it is removed. Pass the value registered to return to what the container registered with.';
  static override examples = [
    '<%= config.bin %> container set -a orders orders-2 --weight 0.5 --reason "slow disk"',
    '<%= config.bin %> container set -a orders orders-2 --capacity 100 --zone eu-1b',
    '<%= config.bin %> container set -a orders orders-2 --weight registered',
  ];
  static override hiddenAliases = ['containers:set'];
  static override args = containerArg;
  static override flags = {
    app: appFlag,
    weight: Flags.string({description: 'share of shards and load relative to other containers'}),
    capacity: Flags.string({
      description: 'maximum number of shards it may own; 0: only the limit of the app',
    }),
    zone: Flags.string({description: 'where the container runs; "" for no zone'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, weight, capacity, zone} = this.flags;
    const {id} = this.args;
    const said = {
      ...(weight === undefined ? {} : {weight: valueOf('--weight', weight)}),
      ...(capacity === undefined ? {} : {capacity: valueOf('--capacity', capacity)}),
      ...(zone === undefined ? {} : {zone: zone === REGISTERED ? null : zone}),
    };
    if (Object.keys(said).length === 0)
      throw new SmError('INVALID_INPUT', 'no change is given', {
        hint: 'give --weight, --capacity or --zone',
      });
    const request = {service: app, container: id, ...said, ...this.change};
    const answer = await this.client.call('setContainer', request);
    await this.showOrder(id, 'set', answer, said, 'override');
  }
}

function valueOf(flag: string, text: string): number | null {
  return text === REGISTERED ? null : numberOf(flag, text);
}
