import {failureText} from '../model/failure-text.ts';

/** Runs a hook; undefined when it resolves, else what it said. */
export async function runHook(hook: () => Promise<void> | void): Promise<string | undefined> {
  try {
    await hook();
    return undefined;
  } catch (error) {
    return failureText(error);
  }
}
