import {endpointsProblem} from '../model/endpoint.ts';
import {SmError} from '../model/errors.ts';

/** The flag --endpoints as a list. @throws SmError INVALID_INPUT. */
export function etcdEndpoints(text: string): string[] {
  const endpoints = text.split(/\s*,\s*/);
  const problem = endpointsProblem(endpoints);
  if (problem === undefined) return endpoints;
  throw new SmError('INVALID_INPUT', `--endpoints ${problem}`, {
    hint: 'such as --endpoints 127.0.0.1:2379; several with commas between them',
  });
}
