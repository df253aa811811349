/** Ids that containers of this process have from their addresses. A second container with such an id would wait for it as long as the first one lives. */
import {SmError} from '../model/errors.ts';
import {checkName} from '../model/ids.ts';
import type {Joining} from './options.ts';

export interface DefaultId {
  readonly id: string;
  /** Another container may take it. */
  release(): void;
}

const taken = new Set<string>();

/** @throws SmError ID_TAKEN, INVALID_NAME. */
export function takeDefaultId(
  {app, endpoints, etcdPrefix}: Pick<Joining, 'app' | 'endpoints' | 'etcdPrefix'>,
  address: string,
): DefaultId {
  const id = checkName('container', address);
  const key = JSON.stringify([endpoints, etcdPrefix, app, id]);
  if (taken.has(key)) {
    throw new SmError('ID_TAKEN', `container ${id} of app ${app} runs in this process already`, {
      hint: 'give each container of a process an id of its own; or, where one replaces the other, wait for leave() of the first',
      object: `container/${id}`,
    });
  }
  taken.add(key);
  return {id, release: () => void taken.delete(key)};
}
