import type {CheckVerdict, ChecksAnswer} from '../../../protocol/admin.ts';

/** One thing that was looked at. */
export type Check = ChecksAnswer['checks'][number];

/** `fix`: a command or a sentence; '' when nothing has to be done. */
export function check(name: string, verdict: CheckVerdict, text: string, fix = ''): Check {
  return {name, verdict, text, fix};
}
