import {expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {patiently} from './until.ts';

it('what is taken as given is done again while its failure says that it may pass', async () => {
  const away = new SmError('STORE_UNAVAILABLE', 'etcd does not answer', {retryable: true});
  const answers = [away, away, 'done'];
  const call = async (): Promise<unknown> => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  expect(await patiently(call)).toBe('done');
  const wrong = new SmError('APP_NOT_FOUND', 'no such app');
  await expect(patiently(() => Promise.reject(wrong))).rejects.toBe(wrong);
});
