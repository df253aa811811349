import {Flags} from '@oclif/core';
import {counted} from '../../model/counted.ts';
import {SmCommand} from '../../cli/base-command.ts';
import {locationFlags, locationOf} from '../../cli/store-location-flags.ts';

export default class StoreImport extends SmCommand<typeof StoreImport> {
  static override summary =
    'Import an export of sm store export below the prefix of another store.';
  static override description =
    'Refuses a prefix that is not empty, and one where containers are alive. The epoch of the fencing tokens becomes the present time, ' +
    'so that tokens keep growing. Afterwards start daemons and containers with the new endpoints.';
  static override examples = [
    '<%= config.bin %> store export --data-dir sm-data | <%= config.bin %> store import --endpoints 127.0.0.1:2379',
    '<%= config.bin %> store import -f sm.jsonl --data-dir sm-data',
  ];
  static override flags = {
    ...locationFlags,
    'etcd-prefix': Flags.string({
      description: 'prefix to write below; default: the prefix in the export',
    }),
    file: Flags.string({char: 'f', description: 'file to read; -: stdin', default: '-'}),
    force: Flags.boolean({
      description:
        'replace everything below the prefix; also accept an export made with --live, after a wait of about a minute for containers that may still act',
    }),
  };

  override async run(): Promise<void> {
    const {importFile, readExport, readWhole} = await import('../../transfer/index.ts');
    const {systemClock} = await import('../../runtime/clock.ts');
    // All of it, before the store is touched.
    const file = readExport(await readWhole(this.flags.file));
    const say = (text: string): void => this.say(text);
    const {force} = this.flags;
    const options = {file, clock: systemClock(), force, say};
    const result = await importFile(options, locationOf(this.flags));
    const {keys, prefix, replacedKeys, epochs, storeName} = result;
    const replaced = replacedKeys === 0 ? '' : `, replacing ${replacedKeys}`;
    const steps = Object.entries(epochs).map(
      ([service, epoch]) => `tokens of ${service} have epoch ${epoch} from now on`,
    );
    await this.showObject({
      kind: 'StoreImport',
      fields: {prefix, keys, replacedKeys, epochs},
      name: prefix,
      lines: [
        `imported ${counted(keys, 'key')} below ${prefix} of ${storeName}${replaced}`,
        ...steps,
      ],
    });
  }
}
