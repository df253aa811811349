/** What keeps planned moves from beginning, as answers say it. */
import * as z from 'zod';
import {MOVE_BUDGETS} from '../model/move-wait.ts';

/** What keeps a planned move from beginning. */
export const moveWait = z.object({
  /** The setting that limits it, by its name below the app (`sm explain apps`), or another word for what it waits for. */
  budget: z.enum(MOVE_BUDGETS),
  /** Container or zone whose budget it is; '' for the app's. */
  of: z.string(),
  /** How many count now, and the most; 0 and 0 where nothing is counted. */
  used: z.int(),
  limit: z.int(),
  /** The same, and what changes it, in a sentence. */
  text: z.string(),
});

export type MoveWaitView = z.output<typeof moveWait>;
