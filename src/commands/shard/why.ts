import {SmCommand, appFlag, shardArg} from '../../cli/base-command.ts';
import {eventLine} from '../../cli/event-lines.ts';
import type {WhyAnswer} from '../../protocol/admin.ts';
import {counted} from '../../model/counted.ts';
import {loadsText} from '../../model/load-text.ts';

const UNKNOWN_LOAD = 'not known: it counts as the mean of the other shards';

export default class ShardWhy extends SmCommand<typeof ShardWhy> {
  static override summary =
    'Explain why a shard is where it is: what keeps it there, the rule, the three best containers, its history.';
  static override description = 'The three best containers are computed by the live planner.';
  static override examples = ['<%= config.bin %> shard why -a orders eu-1'];
  static override hiddenAliases = ['shards:why'];
  static override args = shardArg;
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const query = {service: this.flags.app, shardId: this.args.id};
    const answer = await this.client.call('why', query);
    await this.showObject({
      kind: 'ShardWhy',
      fields: answer,
      name: answer.shard.id,
      lines: linesOf(answer),
    });
  }
}

function linesOf({
  shard,
  rule,
  // A daemon of before says neither.
  now = '',
  fix = '',
  homes,
  excluded,
  excludedCount,
  history,
  queued,
}: WhyAnswer): string[] {
  const where = shard.container === '' ? '' : ` on ${shard.container}`;
  const load = loadsText(shard.currentLoad ?? {});
  const more = excludedCount - excluded.length;
  return [
    `shard ${shard.id}: ${shard.state.toUpperCase()}${where}`,
    ...(now === '' ? [] : [`now: ${now}`]),
    ...(fix === '' ? [] : [`fix: ${fix}`]),
    `rule: ${rule}`,
    ...(queued === undefined ? [] : queuedLines(queued)),
    ...(shard.currentLoad === undefined ? [] : [`load: ${load || UNKNOWN_LOAD}`]),
    ...homes.map(
      (home, at) =>
        `${now === '' ? '' : 'after that '}home ${at + 1}: ${home.container} (${homeText(home)})${home.current ? ', which its record names now' : ''}`,
    ),
    ...(homes.length === 0 ? ['home: none'] : []),
    ...excluded.map((found) => `not ${found.container}: ${found.rule}`),
    ...(more > 0 ? [`and ${more} more that may not take it`] : []),
    ...history.map((event) => `history: ${eventLine(event)}`),
  ];
}

/** A move that has not begun, and what it waits for. */
function queuedLines({
  from,
  to,
  cause,
  numbers,
  waitsFor,
}: NonNullable<WhyAnswer['queued']>): string[] {
  const move = `queued move: ${from} -> ${to} (${cause}: ${numbers})`;
  return waitsFor === undefined ? [move] : [move, `it waits for: ${waitsFor.text}`];
}

/** What the container bears; a daemon of before says only how many shards. */
function homeText({shards, zone = '', loadRatio = {}}: WhyAnswer['homes'][number]): string {
  const loads = Object.entries(loadRatio).map(
    ([metric, ratio]) => `${metric} ${ratio.toFixed(2)}x of its share`,
  );
  return [counted(shards, 'shard'), ...(zone === '' ? [] : [`zone ${zone}`]), ...loads].join(', ');
}
