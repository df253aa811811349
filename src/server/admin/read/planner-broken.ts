/** A plan that breaks a rule of its own: the planner's check on the way out has thrown. A bug, and what readers may still say of the app. */
import {SmError} from '../../../model/errors.ts';
import {failureText} from '../../../model/failure-text.ts';

export class PlannerBroken extends SmError {
  constructor(app: string, cause: unknown) {
    super(
      'INTERNAL',
      `nobody knows where shards of ${app} are to go: the planner breaks a rule of its own: ${failureText(cause)}`,
      {
        hint: 'report this with the log of the daemon; shards stay where they are served. sm status says whether the governor has stopped itself, too (GOVERNOR_BROKEN)',
        object: `app/${app}`,
        cause,
      },
    );
  }
}

/** What `make` plans. @throws PlannerBroken; what else goes wrong has words already. */
export async function planned<T>(app: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw error instanceof SmError ? error : new PlannerBroken(app, error);
  }
}

/** What was planned, or that the planner is broken. */
export function unlessBroken<T>(planning: Promise<T>): Promise<T | PlannerBroken> {
  return planning.catch((error: unknown) => {
    if (error instanceof PlannerBroken) return error;
    throw error;
  });
}
