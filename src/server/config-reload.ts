/** What `sm serve` does at SIGHUP: what can change at run time is taken over, the rest is refused by name, and nothing ends. */
import {changedSettings} from '../config/index.ts';
import type {ServerConfig} from '../config/index.ts';
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import {CLUSTER_QUOTA_NAMES} from '../model/quota.ts';
import type {AdjustableLogger} from '../runtime/logger.ts';
import type {Daemon} from './daemon.ts';

/** Settings that are taken over; the content of the files that hold tokens and certificates is, too, but not their paths. */
const ADJUSTABLE: ReadonlySet<string> = new Set([
  'log.level',
  ...CLUSTER_QUOTA_NAMES.map((name) => `quota.${name}`),
]);

type Reloaded = Pick<Daemon, 'reloadCredentials' | 'renewEtcd' | 'setQuota'>;

export class ConfigReload {
  /** Undefined while it starts, which lasts as long as etcd is away. */
  private running: Reloaded | undefined;
  /** Something was read again before there was a daemon to take it. */
  private isDue = false;
  private readonly load: () => ServerConfig;
  private readonly logger: AdjustableLogger;
  private current: ServerConfig;

  /** `load` reads the file; `current` is what the daemon was started with. */
  constructor(load: () => ServerConfig, current: ServerConfig, logger: AdjustableLogger) {
    this.load = load;
    this.current = current;
    this.logger = logger;
  }

  /** It has started, with what was read before. */
  set daemon(daemon: Reloaded) {
    this.running = daemon;
    if (!this.isDue) return;
    this.reloadFiles();
    this.setQuota();
  }

  run(): void {
    const next = this.attempt(
      'SIGHUP: the configuration file is refused, the old values stay',
      () => this.load(),
    );
    if (next === undefined) return;
    this.isDue = this.running === undefined;
    this.reloadFiles();
    const changed = changedSettings(this.current, next);
    const settings = changed.filter((path) => !ADJUSTABLE.has(path));
    if (settings.length > 0)
      this.logger.warn(
        {settings},
        'SIGHUP: these settings have changed, but need a restart: their old values stay in use',
      );
    const {level} = next.log;
    const {quota} = next;
    this.current = {...this.current, log: {...this.current.log, level}, ...(quota && {quota})};
    this.setQuota();
    this.logger.info({logLevel: level}, 'SIGHUP: configuration read again');
    this.logger.setLevel(level);
  }

  private reloadFiles(): void {
    this.attempt('SIGHUP: tokens and certificates are refused, the old ones stay', () =>
      this.running?.reloadCredentials(),
    );
    this.running?.renewEtcd();
  }

  private setQuota(): void {
    const {quota} = this.current;
    if (quota !== undefined) this.running?.setQuota(quota);
  }

  private attempt<T>(refused: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const known = error instanceof SmError ? {code: error.code, hint: error.hint ?? ''} : {};
      const message = messageOf(error);
      this.logger.error({error: message, ...known}, refused);
      return undefined;
    }
  }
}
