/** `sm help TOPIC` leaves out no state that a list may show, and no variable that a setting is taken from. */
import {expect, it} from 'vitest';
import {HELP_TOPICS} from '../../src/cli/help-topics.ts';
import {SETTING_FLAGS} from '../../src/cli/settings.ts';
import {APP_HEALTH} from '../../src/model/health.ts';
import {CONTAINER_STATES, SHARD_STATES} from '../../src/model/trouble.ts';
import {finishedMove, moveStep, queuedMove} from '../../src/protocol/admin-moves.ts';

/** The part of `sm help states` about one kind of object. */
function statesOf(kind: string): string {
  const text = HELP_TOPICS['states']?.text ?? '';
  return new RegExp(`^${kind}:([^]*?)(?=^\\w+:|$(?![^]))`, 'm').exec(text)?.[1] ?? '';
}

it.each([
  ['apps', APP_HEALTH],
  ['containers', CONTAINER_STATES],
  ['shards', SHARD_STATES],
  [
    'moves',
    [moveStep, queuedMove.shape.state, finishedMove.shape.outcome].flatMap(({options}) => options),
  ],
] as const)('the topic states has all states of %s', (kind, states) => {
  const words = new Set(statesOf(kind).match(/\w+/g));
  expect([...states].filter((state) => !words.has(state))).toEqual([]);
});

it('the topic contexts has all settings, with their flags and variables', () => {
  const text = HELP_TOPICS['contexts']?.text ?? '';
  const missing = Object.entries(SETTING_FLAGS).filter(
    ([name, {flag, env}]) => ![`--${flag}`, env, name].every((word) => text.includes(word)),
  );
  expect(missing).toEqual([]);
});
