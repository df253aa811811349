import {CordonCommand} from '../../cli/cordon-command.ts';

export default class ContainerUncordon extends CordonCommand {
  static override summary = 'Undo a cordon or drain.';
  static override examples = [
    '<%= config.bin %> container uncordon -a orders orders-2 --reason "disk swap"',
  ];
  static override hiddenAliases = ['containers:uncordon'];
  protected readonly order = 'uncordon';
}
