import {Flags} from '@oclif/core';
import {SmCommand, appFlag} from '../../cli/base-command.ts';

export default class MovesLs extends SmCommand<typeof MovesLs> {
  static override summary = 'List running and finished moves.';
  static override examples = [
    '<%= config.bin %> moves ls -a orders',
    '<%= config.bin %> moves ls -a orders --limit 20',
  ];
  static override hiddenAliases = ['moves:list', 'move:ls'];
  static override flags = {
    app: appFlag,
    limit: Flags.integer({
      description: 'most of the running and of the finished',
      default: 100,
      min: 1,
    }),
  };

  override async run(): Promise<void> {
    const {app, limit} = this.flags;
    const answer = await this.client.call('moves', {service: app, limit});
    const running = answer.running.map((move) => ({...move, state: move.step as string}));
    const finished = answer.finished.map((move) => ({...move, state: move.outcome as string}));
    const hidden = answer.runningCount - running.length + answer.finishedCount - finished.length;
    await this.showList({
      kind: 'MoveList',
      fields: {
        revision: answer.revision,
        runningCount: answer.runningCount,
        finishedCount: answer.finishedCount,
      },
      items: [...running, ...finished],
      name: ({id, shard}) => id || shard,
      columns: [
        {header: 'MOVE', value: ({id}) => id || '-'},
        {header: 'SHARD', value: ({shard}) => shard},
        {header: 'FROM', value: ({from}) => from || '-'},
        {header: 'TO', value: ({to}) => to || '-'},
        {header: 'STEP', value: ({state}) => state.toUpperCase()},
        {header: 'STARTED', value: ({startedAt}) => startedAt || '-'},
        {header: 'WHY', value: ({why}) => why},
      ],
      ...(hidden > 0
        ? {note: `${hidden} more: raise --limit`}
        : running.length + finished.length === 0
          ? {note: 'nothing has moved'}
          : {}),
    });
  }
}
