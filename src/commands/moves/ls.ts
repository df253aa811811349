import {Flags} from '@oclif/core';
import {appFlag} from '../../cli/base-command.ts';
import {listFlags} from '../../cli/list-shape.ts';
import {watchFlags} from '../../cli/live/live-command.ts';
import {MovesCommand} from '../../cli/live/moves-command.ts';
import {moveRows} from '../../cli/move-rows.ts';
import type {MovesAnswer} from '../../protocol/admin.ts';
import type {MoveRow} from '../../cli/move-rows.ts';
import {MOVES_LIMIT} from '../../cli/limits.ts';

const STATES = ['dropping', 'free', 'assigned', 'adding', 'queued', 'quiet', 'held', 'cancelled'];
const OUTCOMES = ['done', 'failed'];

/** That nothing moves, or why nothing moves for balance, and until when. */
function noteOf(
  rows: number,
  quiet: MovesAnswer['quiet'],
  state: string | undefined,
): {note?: string} {
  const none = state === undefined ? 'nothing moves' : `no move is ${state}`;
  if (quiet === null) return rows === 0 ? {note: none} : {};
  const until = quiet.until === '' ? 'until that is over, and its time' : `until ${quiet.until}`;
  return {note: `quiet time: no moves for balance ${until}: ${quiet.why}`};
}

export default class MovesLs extends MovesCommand<typeof MovesLs> {
  static override summary = 'List running, queued and finished moves.';
  static override description =
    'WAITS FOR names the setting or the state that keeps a queued move from beginning, and how many count of how many; sm moves get says it in a sentence, with what changes it. NUMBERS (-o wide) is what made the move necessary, at both ends.';
  static override examples = [
    '<%= config.bin %> moves ls -a orders',
    '<%= config.bin %> moves ls -a orders --state queued --limit 20',
    '<%= config.bin %> moves ls -a orders --watch',
  ];
  static override hiddenAliases = ['moves:list', 'move:ls'];
  static override flags = {
    app: appFlag,
    state: Flags.string({
      description: 'only moves in this state',
      options: [...STATES, ...OUTCOMES],
    }),
    ...listFlags,
    ...watchFlags('sort-by', 'limit', 'state'),
  };

  override async run(): Promise<void> {
    const {app, state} = this.flags;
    if (this.flags.watch) return this.watchMoves('sm moves ls --watch', app, this.flags.for);
    const answer = await this.client.call('moves', {service: app, limit: MOVES_LIMIT});
    const {revision, runningCount, queuedCount, finishedCount} = answer;
    const items = moveRows(answer).filter((move) => state === undefined || move.state === state);
    await this.showList<MoveRow>({
      kind: 'MoveList',
      fields: {revision, runningCount, queuedCount, finishedCount},
      items,
      name: ({id, shard}) => id || shard,
      columns: [
        {header: 'MOVE', value: ({id}) => id || '-'},
        {header: 'SHARD', value: ({shard}) => shard},
        {header: 'FROM', value: ({from}) => from || '-'},
        {header: 'TO', value: ({to}) => to || '-'},
        {header: 'STEP', value: (move) => move.state.toUpperCase()},
        {header: 'STARTED', value: ({startedAt}) => startedAt || '-'},
        {header: 'ENDED', value: ({endedAt}) => endedAt || '-', wide: true},
        {header: 'WHY', value: ({why}) => why},
        {header: 'WAITS FOR', value: ({waitsFor}) => waitsFor || '-'},
        {header: 'NUMBERS', value: ({numbers}) => numbers || '-', wide: true},
        {header: 'NOTE', value: ({note}) => note, wide: true},
      ],
      ...noteOf(items.length, answer.quiet, state),
    });
  }
}
