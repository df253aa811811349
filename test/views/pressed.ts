import {reduce} from '../../src/views/view-reducer.ts';
import type {KeyName} from '../../src/views/keys.ts';
import type {ViewState} from '../../src/views/view-state.ts';

/** The state after keys: their names, or a single letter that is typed. */
export function pressed(state: ViewState, ...keys: readonly string[]): ViewState {
  return keys.reduce((before, key) => {
    const name = (key.length === 1 ? 'text' : key) as KeyName;
    return reduce(before, {type: 'key', key: {name, text: key}, nowMs: 0});
  }, state);
}
