/** Says in the log that an alarm of an app is raised, with its page, and that it is over: once a code, whatever its text. */
import {alarmPage} from '../../model/alarm.ts';
import type {Alarm} from '../../model/status.ts';
import type {Logger} from '../../runtime/logger.ts';

export class AlarmLog {
  private readonly logger: Logger;
  private raised = new Set<string>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** All alarms of the app now. */
  note(alarms: readonly Alarm[]): void {
    const now = new Set(alarms.map(({code}) => code));
    for (const code of now) {
      if (this.raised.has(code)) continue;
      const text = alarms.find((alarm) => alarm.code === code)?.text ?? '';
      this.logger.warn({code, text, page: alarmPage(code)}, 'alarm');
    }
    for (const code of this.raised) if (!now.has(code)) this.logger.info({code}, 'alarm is over');
    this.raised = now;
  }
}
