/** What a transaction writes over, kept in its audit entry so that it can be undone. Pure. */
import type {UndoStep} from '../../../model/audit.ts';
import {utf8Length} from '../../../model/ids.ts';
import type {Operation, Transaction} from '../../../store/port.ts';
import {UNDO_LIMIT_BYTES} from '../limits.ts';

/** Of all that it writes, or none: half an undo would be worse. `values`: what was read before, by key. */
export function undoSteps(
  {compares, then}: Pick<Transaction, 'compares' | 'then'>,
  values: ReadonlyMap<string, string>,
  nameOf: (key: string) => string,
): UndoStep[] {
  const absent = new Set(
    compares.filter(({target, op, value}) => target !== 'value' && op === '=' && value === 0),
  );
  const absentKeys = new Set([...absent].map(({key}) => key));
  const steps: UndoStep[] = [];
  let bytes = 0;
  for (const write of then) {
    if (write.op === 'get') continue;
    const before = absentKeys.has(write.key) ? null : values.get(write.key);
    if (before === undefined) return [];
    steps.push(stepOf(write, before, nameOf));
    bytes += before === null ? write.key.length : utf8Length(before) + write.key.length;
    if (bytes > UNDO_LIMIT_BYTES) return [];
  }
  return steps;
}

function stepOf(
  {key, op}: Operation,
  before: string | null,
  nameOf: (key: string) => string,
): UndoStep {
  return {key, object: nameOf(key), before, wasDeleted: op === 'delete'};
}
