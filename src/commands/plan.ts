import {Flags} from '@oclif/core';
import {SmCommand, optionalAppFlag} from '../cli/base-command.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {saidOf} from '../cli/apps-apply.ts';
import {readApps} from '../cli/apps-source.ts';
import {planLines} from '../cli/plan-lines.ts';
import type {PlannedApp} from '../cli/plan-lines.ts';
import type {FileApp} from '../config/apps-file.ts';
import {SmError} from '../model/errors.ts';
import {PLAN_MOVES_DEFAULT} from '../cli/limits.ts';

export default class Plan extends SmCommand<typeof Plan> {
  static override summary =
    'Show what the live planner would do, now or after a hypothetical change.';
  static override examples = [
    '<%= config.bin %> plan -a orders',
    '<%= config.bin %> plan -a orders --without orders-2 --add-containers 1',
    '<%= config.bin %> plan -f apps.yml',
  ];
  static override flags = {
    app: optionalAppFlag,
    file: Flags.string({
      char: 'f',
      description: 'plan as if this file, folder or stdin (-) had been applied',
      multiple: true,
    }),
    prune: Flags.boolean({description: 'with -f: plan as if applied with --prune'}),
    without: Flags.string({description: 'plan as if this container were gone', multiple: true}),
    'add-containers': Flags.integer({
      description: 'plan as if there were this many more containers',
      default: 0,
      min: 0,
    }),
    limit: Flags.integer({
      description: 'maximum number of moves to list',
      default: PLAN_MOVES_DEFAULT,
      min: 1,
    }),
  };

  override async run(): Promise<void> {
    const apps: PlannedApp[] = [];
    for (const [service, declared] of await this.wanted())
      apps.push({app: service, ...(await this.planOf(service, declared))});
    const moves = apps.reduce((sum, {moveCount}) => sum + moveCount, 0);
    await this.showObject({
      kind: 'Plan',
      fields: {apps, moveCount: moves},
      name: apps.map(({app}) => app).join(' '),
      lines: apps.flatMap(planLines),
    });
  }

  /** The apps to plan, with what a file says of each. */
  private async wanted(): Promise<[string, FileApp | undefined][]> {
    const {app, file} = this.flags;
    if (file === undefined) {
      const one = app ?? this.setting('app');
      const names = one === '' ? (await this.client.call('getSpec', {})).services : [one];
      return names.map((name) => [name, undefined]);
    }
    const apps = (await readApps(file)).filter(({name}) => app === undefined || name === app);
    if (apps.length > 0) return apps.map((one) => [one.name, one]);
    throw new SmError('INVALID_INPUT', `no file declares app ${app}`, {hint: 'check -a and -f'});
  }

  private async planOf(service: string, declared: FileApp | undefined) {
    const {without = [], 'add-containers': addContainers, limit, prune} = this.flags;
    const common = {service, without, addContainers, limit, prune};
    if (declared === undefined) return this.client.call('plan', common);
    const {maxShardCount, maxRecoveryTime, maxMoving, placement, paused, workerGroups} = declared;
    const specs = {
      ...{maxShardCount, maxRecoveryTime, maxMoving, paused},
      ...(placement === undefined ? {} : {placement}),
      shards: declared.shards.map(saidOf),
    };
    const groups = Object.fromEntries(
      Object.entries(workerGroups).map(([name, members]) => [name, [...members]]),
    );
    try {
      return await this.client.call('plan', {
        ...common,
        declared: {...specs, workerGroups: groups},
      });
    } catch (error) {
      if (!(error instanceof RemoteError) || error.failure.code !== 'APP_NOT_FOUND') throw error;
      throw new SmError(
        'APP_NOT_FOUND',
        `app ${service} does not exist yet: nothing can be planned`,
        {
          hint: `sm diff -f ${this.flags.file?.join(' -f ')}`,
          object: `app/${service}`,
        },
      );
    }
  }
}
