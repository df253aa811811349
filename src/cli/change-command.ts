/** Base of the commands that change something by one call. */
import {Flags} from '@oclif/core';
import type {Command} from '@oclif/core';
import {RemoteError} from '../admin/remote-error.ts';
import type {Failure} from '../admin/remote-error.ts';
import type {WriteAnswer} from '../protocol/admin.ts';
import {SmCommand} from './base-command.ts';
import {changeResult, orderResult} from './changes.ts';
import {confirmByName} from './confirm.ts';
import {emptyGroupText, leftUnplacedText} from './placement-obstacles.ts';

/** Nothing had to be done, so no daemon was asked, or it had nothing to do. */
export const UNCHANGED: WriteAnswer = {result: 'unchanged', changed: false, revision: '0'};

/** Of changes that may leave shards without a container. `name`: what is typed to confirm one. */
export function unplacedFlags(name: string) {
  return {
    confirm: Flags.string({
      description: `${name}, to skip the prompt that appears if shards would run nowhere`,
    }),
    force: Flags.boolean({
      description: 'make the change without a prompt even if shards would run nowhere',
    }),
  };
}

/** What `unplacedFlags` hold. */
interface UnplacedFlags {
  readonly confirm?: string | undefined;
  readonly force: boolean;
}

export abstract class ChangeCommand<T extends typeof Command> extends SmCommand<T> {
  /** What `changeFlags` say, as the daemon takes it. */
  protected get change(): {readonly reason: string; readonly dryRun: boolean} {
    const {reason, 'dry-run': dryRun} = this.flags as {reason: string; 'dry-run': boolean};
    return {reason, dryRun};
  }

  protected showChange(
    kind: string,
    name: string,
    answer: WriteAnswer,
    extra: object = {},
  ): Promise<void> {
    return this.showObject(changeResult(kind, name, answer, extra, this.change.dryRun));
  }

  protected showOrder(
    container: string,
    word: string,
    answer: WriteAnswer,
    fields: object,
    kept?: 'order' | 'override',
  ): Promise<void> {
    const {dryRun} = this.change;
    return this.showObject(orderResult(container, word, answer, fields, dryRun, kept));
  }

  /**
   * Asks where the change would leave shards without a container; `name` is typed to confirm it. With --dry-run or --force nothing is asked.
   */
  protected async confirmUnplaced(
    what: string,
    name: string,
    dryRun: () => Promise<WriteAnswer>,
  ): Promise<void> {
    const {confirm, force} = this.flags as UnplacedFlags;
    if (this.change.dryRun || force) return;
    const {leftUnplaced} = await dryRun();
    const text = leftUnplacedText(leftUnplaced);
    if (text !== undefined) await confirmByName(`${what} (${text})`, name, confirm);
  }

  /** After a change: warns where no member of the worker group is alive. A failed read is ignored: the change is made. */
  protected async warnOfEmptyGroup(service: string, workerGroup: string): Promise<void> {
    if (workerGroup === '' || this.change.dryRun) return;
    const reading = Promise.all([
      this.client.call('getContainers', {service}),
      this.client.call('getWorker', {service}),
    ]);
    const read = await reading.catch(() => undefined);
    if (read === undefined) return;
    const [{containers}, {workers}] = read;
    const text = emptyGroupText(workerGroup, containers, workers);
    if (text !== undefined) this.say(text);
  }

  /** The answer to a removal; `UNCHANGED` where the object is absent and --ignore-not-found allows that. */
  protected async removed(
    removing: Promise<WriteAnswer>,
    isAbsent: (failure: Failure) => boolean,
  ): Promise<WriteAnswer> {
    try {
      return await removing;
    } catch (error) {
      const {'ignore-not-found': mayBeAbsent} = this.flags as {'ignore-not-found'?: boolean};
      const isFine =
        mayBeAbsent === true && error instanceof RemoteError && isAbsent(error.failure);
      if (isFine) return UNCHANGED;
      throw error;
    }
  }
}
