import {Args} from '@oclif/core';
import {appFlag, changeFlags} from '../cli/base-command.ts';
import {ChangeCommand, unplacedFlags} from '../cli/change-command.ts';
import {leftUnplacedText} from '../cli/placement-obstacles.ts';
import {andMore} from '../model/and-more.ts';
import {SmError} from '../model/errors.ts';
import {changeWords} from '../protocol/change-words.ts';

export default class Undo extends ChangeCommand<typeof Undo> {
  static override summary = 'Undo one change of an app: write the previous values again.';
  static override description = [
    'ENTRY is the revision that sm events shows; without it, the newest change of the app. Refused where somebody has changed the same since, or where there is no way back.',
    'An undo is a change like any other: it is recorded in the audit, and can be undone.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> undo -a orders --dry-run',
    '<%= config.bin %> undo -a orders 4711 --reason "wrong container"',
  ];
  static override args = {
    entry: Args.string({description: 'revision of the change'}),
  };
  static override flags = {app: appFlag, ...unplacedFlags('the app'), ...changeFlags};

  override async run(): Promise<void> {
    const {app} = this.flags;
    const {dryRun} = this.change;
    const entry = this.args.entry ?? '';
    if (!/^\d{0,16}$/.test(entry))
      throw new SmError('INVALID_INPUT', `${JSON.stringify(entry)} is not a revision`, {
        hint: `sm events -a ${app} shows them`,
      });
    const request = {service: app, entry, ...this.change};
    const what = entry === '' ? 'undo the newest change' : `undo the change of revision ${entry}`;
    // What is the newest change may be another one by the time somebody has answered.
    let asked = entry;
    await this.confirmUnplaced(what, app, async () => {
      const tried = await this.client.call('undo', {...request, dryRun: true});
      asked = tried.undone.revision;
      return tried;
    });
    const answer = await this.client.call('undo', {...request, entry: asked});
    const {revision, who, objects, objectCount} = answer.undone;
    const left = leftUnplacedText(answer.leftUnplaced);
    if (answer.warning !== undefined) this.say(answer.warning);
    const did = dryRun ? 'would be undone (dry run)' : 'undone';
    await this.showObject({
      kind: 'Undo',
      fields: {app, dryRun, ...answer},
      name: revision,
      lines: [
        `${changeWords(answer.undone)} of revision ${revision} by ${who} ${did}: ${andMore(objects, objectCount)}`,
        ...(left === undefined ? [] : [left]),
      ],
    });
  }
}
