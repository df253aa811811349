import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {loadConfig} from '../config/index.ts';
import {boundHeapGrowth} from '../runtime/heap.ts';
import {createLogger} from '../runtime/logger.ts';

export default class Serve extends SmCommand<typeof Serve> {
  static override summary = 'Run the daemon.';
  static override description =
    'Logs JSON lines (or text, log.format) to stdout. SIGTERM hands the apps over and ends; a second one ends at once.';
  static override examples = [
    '<%= config.bin %> serve --config-file sample.yml',
    '<%= config.bin %> serve --config-file sample.yml --check',
  ];
  static override flags = {
    'config-file': Flags.string({
      char: 'c',
      description: 'YAML file, see sample.yml',
      env: 'SM_CONFIG_FILE',
      required: true,
    }),
    check: Flags.boolean({description: 'only validate the file'}),
  };

  override async run(): Promise<void> {
    const file = this.flags['config-file'];
    const config = loadConfig(file);
    if (this.flags.check) {
      await this.showObject({
        kind: 'ConfigCheck',
        fields: {file, valid: true},
        name: file,
        lines: [`${file} is valid`],
      });
      return;
    }
    boundHeapGrowth();
    const logger = createLogger(config.log);
    const {serve} = await import('../server/index.ts');
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    process.once('SIGINT', () => stop.abort());
    const daemon = await serve(config, {logger, version: this.config.version, signal: stop.signal});
    const end = async (): Promise<void> => {
      process.once('SIGTERM', () => process.exit(143));
      process.once('SIGINT', () => process.exit(130));
      await daemon.shutdown();
    };
    if (stop.signal.aborted) await end();
    else stop.signal.addEventListener('abort', () => void end());
    await daemon.ended;
  }
}
