/** Which operations of the admin API can be undone: the one table of it, beside the routes. A test walks it. */
import type {ChangingOperation} from './admin-routes.ts';

/** `why` not, and what to do instead; absent: the entry of its change keeps what was before, and `undo` writes that again. */
export interface UndoRow {
  readonly why?: string;
}

const RESTORED: UndoRow = {};

function never(why: string): UndoRow {
  return {why};
}

export const undoRows: Readonly<Record<ChangingOperation, UndoRow>> = {
  addSpec: never('an app is removed with all that it has: sm app rm'),
  updateSpec: RESTORED,
  setQuota: never('an administrator decides: sm app quota'),
  delSpec: never('what an app had is gone once its removal has begun: apply its file again'),
  beginApply: never('a file that is applied is undone by applying the one before'),
  endApply: never('a file that is applied is undone by applying the one before'),
  addShard: RESTORED,
  addShards: RESTORED,
  updateShard: RESTORED,
  delShard: RESTORED,
  delShards: RESTORED,
  addWorker: RESTORED,
  delWorker: RESTORED,
  cordon: RESTORED,
  drain: RESTORED,
  uncordon: RESTORED,
  setContainer: RESTORED,
  evict: never('a process that was evicted has ended: start it again'),
  canStop: never('give the permission back: sm container can-stop --release'),
  releaseStop: never('ask for the permission again: sm container can-stop'),
  cancelMoves: RESTORED,
  acceptRestore: never('records of the previous store are no longer trusted'),
  undo: RESTORED,
};
