import {Flags} from '@oclif/core';
import {SmCommand, appFlag, parseDuration} from '../cli/base-command.ts';
import {overwriteFlag} from '../cli/overwrite-flag.ts';
import {Progress, durationText} from '../cli/progress.ts';
import {untilEnd} from '../cli/until-end.ts';
import {counted} from '../model/counted.ts';

const WHY = {
  asked: '',
  limit: ': the file is as large or as long as a trace may be',
  removed: ': the app is gone',
} as const;

export default class Record extends SmCommand<typeof Record> {
  static override summary =
    'Record what happens to an app, as a trace for sm sim: containers, orders, shards, loads.';
  static override description = [
    'Polls the running app: containers every 2 s, shards and their loads every 10 s; the governor updates loads once a minute, and with each plan for load. Changes are appended to the file at once.',
    'Ends on Ctrl-C, SIGTERM or --for, when the app is removed, or before the file exceeds 64 MiB; the file is complete in each case. While no daemon answers, the recording has a gap.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> record -a orders --for 10m --out orders.jsonl',
    '<%= config.bin %> export -a orders > orders.yml && <%= config.bin %> sim -f orders.yml --trace orders.jsonl',
  ];
  static override flags = {
    app: appFlag,
    for: Flags.string({
      description: 'end so long after the first answer of a daemon: 30s, 10m, 2h; default: Ctrl-C',
    }),
    out: Flags.string({description: 'file to write', required: true}),
    overwrite: overwriteFlag,
  };

  override async run(): Promise<void> {
    const {app, out: file, overwrite} = this.flags;
    const limitMs = this.flags.for === undefined ? undefined : parseDuration(this.flags.for);
    const {record} = await import('../cli/recording.ts');
    const stop = new AbortController();
    void untilEnd(undefined).then(() => stop.abort());
    const progress = new Progress();
    const isSeen = process.stderr.isTTY;
    const {client} = this;
    try {
      const {ended, ...recorded} = await record({
        ...{client, app, file, overwrite, signal: stop.signal, limitMs},
        startedAt: new Date().toISOString(),
        say: (text) => this.say(text),
        onProgress: ({durationMs, events}) => {
          if (isSeen)
            progress.update({text: `recorded ${durationText(durationMs)}, ${events} events`});
        },
      });
      progress.stop();
      const {durationMs, events, bytes} = recorded;
      await this.showObject({
        kind: 'Recording',
        fields: {app, file, ...recorded, ended},
        name: file,
        lines: [
          `recorded app ${app} for ${durationText(durationMs)} to ${file}: ${counted(events, 'event')}, ${counted(bytes, 'byte')}${WHY[ended]}`,
        ],
      });
    } finally {
      progress.stop();
    }
  }
}
