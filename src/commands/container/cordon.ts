import {CordonCommand} from '../../cli/cordon-command.ts';

export default class ContainerCordon extends CordonCommand {
  static override summary = 'Give a container no new shards; it keeps those it has.';
  static override examples = [
    '<%= config.bin %> container cordon -a orders orders-2 --reason "disk swap"',
  ];
  static override hiddenAliases = ['containers:cordon'];
  protected readonly order = 'cordon';
}
