import {Flags} from '@oclif/core';
import {counted} from '../../model/counted.ts';
import {SmCommand} from '../../cli/base-command.ts';
import {written} from '../../cli/lost-output.ts';
import {locationFlags, locationOf} from '../../cli/store-location-flags.ts';
import {overwriteFlag} from '../../cli/overwrite-flag.ts';
import {OWNER_ONLY, refuseExisting, writeFile} from '../../cli/text-output.ts';
import {SmError} from '../../model/errors.ts';

export default class StoreExport extends SmCommand<typeof StoreExport> {
  static override summary = 'Write everything below the prefix to a file or to stdout.';
  static override description =
    'To move to another store with sm store import, stop daemons and containers first. The export waits until the heartbeat of every container has expired. ' +
    'Heartbeats and leases stay behind; specs, orders, worker groups, histories and ownership records with their tokens go along.';
  static override examples = [
    '<%= config.bin %> store export --data-dir sm-data | <%= config.bin %> store import --endpoints 127.0.0.1:2379',
    '<%= config.bin %> store export --config-file sample.yml -f sm.jsonl',
  ];
  static override flags = {
    ...locationFlags,
    file: Flags.string({char: 'f', description: 'file to write; default: stdout'}),
    overwrite: overwriteFlag,
    live: Flags.boolean({
      description:
        'export even while containers are alive: as a backup, not to move to another store',
    }),
  };

  override async run(): Promise<void> {
    const {file, live, overwrite} = this.flags;
    const people = this.isForPeople;
    if (file === undefined && !people)
      throw new SmError(
        'INVALID_INPUT',
        'stdout is used for the export itself, so the result cannot be printed there too',
        {
          hint: 'write the export to a file with -f to get the result on stdout',
        },
      );
    if (file !== undefined) refuseExisting(file, overwrite);
    const {exportPrefix, withLocation} = await import('../../transfer/index.ts');
    const {systemClock} = await import('../../runtime/clock.ts');
    const say = (text: string): void => this.say(text);
    const options = {...locationOf(this.flags), mustExist: true};
    const [result, storeName] = await withLocation(
      options,
      async (location) =>
        [await exportPrefix({location, clock: systemClock(), live, say}), location.name] as const,
    );
    const {text, prefix, keys, revision, living} = result;
    const line = `exported ${counted(keys, 'key')} below ${prefix} of ${storeName} at revision ${revision}`;
    if (file === undefined) {
      await written(text);
      this.say(line);
      return;
    }
    writeFile(file, text, {overwrite, mode: OWNER_ONLY});
    await this.showObject({
      kind: 'StoreExport',
      fields: {file, prefix, keys, revision, living},
      name: file,
      lines: [line],
    });
  }
}
