/** What an operator typed for a change of the audit: people know commands, not operations of the admin API. */
import type {ChangingOperation} from './admin-routes.ts';

/** A change by an operator, as far as its words need it. */
export interface SaidChange {
  readonly operation: string;
  readonly changed?: readonly {readonly field: string; readonly after: string}[] | undefined;
}

/** A command, without `sm`. */
const CHANGE_COMMANDS: Readonly<Record<ChangingOperation, string>> = {
  ...{addSpec: 'app create', updateSpec: 'app update', delSpec: 'app rm', setQuota: 'app quota'},
  ...{beginApply: 'apply', endApply: 'apply'},
  ...{addShard: 'shard add', addShards: 'shard add', updateShard: 'shard update'},
  ...{delShard: 'shard rm', delShards: 'shard rm'},
  ...{addWorker: 'worker add', delWorker: 'worker rm'},
  ...{cordon: 'container cordon', drain: 'container drain', uncordon: 'container uncordon'},
  ...{setContainer: 'container set', evict: 'container evict'},
  ...{canStop: 'container can-stop', releaseStop: 'container can-stop --release'},
  ...{cancelMoves: 'moves cancel', acceptRestore: 'store accept-restore', undo: 'undo'},
};

/** What sm itself writes. */
const BY_ITSELF = {expire: 'took back', refused: 'refused calls'};

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({...CHANGE_COMMANDS, ...BY_ITSELF}),
);

/** A newer daemon may know of more: then it is the operation. */
export function changeWords({operation, changed = []}: SaidChange): string {
  return switchCommand(operation, changed) ?? WORDS.get(operation) ?? operation;
}

/** Commands that change nothing but one field of a spec. */
function switchCommand(
  operation: string,
  changed: NonNullable<SaidChange['changed']>,
): string | undefined {
  const [first] = changed;
  if (first === undefined || changed.some(({field}) => field !== first.field)) return undefined;
  if (operation === 'updateSpec' && first.field === 'paused')
    return first.after === 'true' ? 'app pause' : 'app resume';
  if (operation === 'updateShard' && first.field === 'manualContainerId')
    return first.after === '' ? 'shard unpin' : 'shard pin';
  return undefined;
}
