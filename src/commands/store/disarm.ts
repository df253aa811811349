import {SmCommand} from '../../cli/base-command.ts';
import {locationFlags, locationOf} from '../../cli/store-location-flags.ts';

export default class StoreDisarm extends SmCommand<typeof StoreDisarm> {
  static override summary =
    'Clear the alarms of a store that was out of space, so that it accepts writes again.';
  static override description =
    'Free space first: compact and defragment etcd, or raise its quota. An alarm comes back as long as its cause lasts. ' +
    'A store inside a daemon whose disk was full accepts writes again by itself.';
  static override examples = [
    '<%= config.bin %> store disarm --endpoints 127.0.0.1:2379',
    '<%= config.bin %> store disarm --config-file sample.yml',
  ];
  static override flags = {
    endpoints: locationFlags.endpoints,
    'config-file': locationFlags['config-file'],
  };

  override async run(): Promise<void> {
    const {disarm} = await import('../../transfer/index.ts');
    const alarms = await disarm(locationOf(this.flags));
    const names = alarms.map(({alarm, memberId}) => `${alarm} of member ${memberId}`);
    await this.showObject({
      kind: 'StoreDisarm',
      fields: {alarms},
      name: 'store',
      lines: [names.length === 0 ? 'no alarm was on' : `cleared: ${names.join(', ')}`],
    });
  }
}
