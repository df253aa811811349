import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {effectiveSettings} from '../cli/settings.ts';
import {EXIT_OF_SIGNAL} from '../cli/surroundings.ts';
import type {EffectiveSetting, GivenFlags} from '../cli/settings.ts';
import {loadConfig} from '../config/index.ts';
import type {ServerConfig} from '../config/index.ts';
import {tuneEngine} from '../runtime/engine.ts';
import {onFirstSignal} from '../runtime/first-signal.ts';
import {LogOutput} from '../runtime/log-output.ts';
import {createLogger} from '../runtime/logger.ts';
import {LAST_LINES_MS} from '../cli/limits.ts';

export default class Serve extends SmCommand<typeof Serve> {
  static override summary = 'Run the daemon.';
  static override description =
    'Logs JSON lines (or text, log.format) to stdout. SIGTERM hands the apps over to other daemons and exits; a second SIGTERM exits at once. ' +
    'SIGHUP reads the file again and applies log.level, quota, and what the files of tokens, certificates and the etcd password hold now, and opens audit.file again; every other change needs a restart.\n' +
    'The state lives in the etcd named by endpoints, or, with --embedded, in this process and its data directory; containers ' +
    'and other daemons of this machine then connect to it as to etcd, at 127.0.0.1:2379 (embedded.port).';
  static override examples = [
    '<%= config.bin %> serve --config-file sample.yml',
    '<%= config.bin %> serve --config-file sample.yml --check',
    '<%= config.bin %> serve --config-file single.yml --embedded --data-dir /var/lib/sm',
  ];
  static override flags = {
    'config-file': Flags.string({
      char: 'c',
      description: 'YAML file, see sample.yml',
      env: 'SM_CONFIG_FILE',
      required: true,
    }),
    check: Flags.boolean({
      description: 'only validate the file, and the files of tokens and certificates it names',
    }),
    embedded: Flags.boolean({description: 'run the store inside this process: no etcd is needed'}),
    'data-dir': Flags.string({
      description:
        'directory of the embedded store; default: dataDir, or sm-data next to the configuration file',
      dependsOn: ['embedded'],
    }),
  };

  private logOutput: LogOutput | undefined;

  /** Nothing of a context concerns a daemon: a file of contexts that is broken must not stop it. */
  protected override findSettings(given: GivenFlags): Promise<EffectiveSetting[]> {
    return effectiveSettings(given, {current: '', contexts: {}});
  }

  /** Whoever does not read the log does not keep the daemon from ending. */
  protected override async finally(): Promise<void> {
    await super.finally();
    if ((await this.logOutput?.drained(LAST_LINES_MS)) === false) process.exit();
  }

  override async run(): Promise<void> {
    const file = this.flags['config-file'];
    const {embedded, 'data-dir': dataDir} = this.flags;
    let onSpelling = (text: string): void => this.say(text);
    const load = (): ServerConfig =>
      loadConfig(file, {
        ...{embedded, onSpelling: (text) => onSpelling(text)},
        ...(dataDir === undefined ? {} : {dataDir}),
      });
    // Never a reason to die, not even before there is anything to reload.
    let reload = (): void => undefined;
    if (!this.flags.check) process.on('SIGHUP', () => reload());
    const config = load();
    if (this.flags.check) {
      const {checkStart} = await import('../server/index.ts');
      checkStart(config);
      await this.showObject({
        kind: 'ConfigCheck',
        fields: {file, valid: true},
        name: file,
        lines: [`${file} is valid`],
      });
      return;
    }
    tuneEngine();
    this.logOutput = new LogOutput(process.stdout, (text) => this.say(text));
    const logger = createLogger({...config.log, destination: this.logOutput});
    onSpelling = (text) => logger.warn({}, text);
    const {AuditFile, auditLog, ConfigReload, serve} = await import('../server/index.ts');
    const auditFile = config.audit && new AuditFile(config.audit.file, logger);
    const reloading = new ConfigReload(load, config, logger);
    reload = () => {
      reloading.run();
      auditFile?.reopen();
    };
    const stop = new AbortController();
    onFirstSignal(['SIGTERM', 'SIGINT'], () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const)
        process.once(signal, () => process.exit(EXIT_OF_SIGNAL[signal]));
      stop.abort();
    });
    const daemon = await serve(config, {
      ...{logger, version: this.config.version, signal: stop.signal},
      onAudited: auditLog(logger, auditFile),
    });
    reloading.daemon = daemon;
    if (stop.signal.aborted) await daemon.shutdown();
    else stop.signal.addEventListener('abort', () => void daemon.shutdown());
    try {
      await daemon.ended;
    } finally {
      await auditFile?.close();
    }
  }
}
