/** A change of the audit is named as the operator typed it. */
import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {eventLine} from '../../src/cli/event-lines.ts';
import {routeRows} from '../../src/protocol/admin-routes.ts';
import {changeWords} from '../../src/protocol/change-words.ts';

const {commands} = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as {
  commands: Record<string, {flags: Record<string, unknown>}>;
};

const changing = Object.entries(routeRows).flatMap(([operation, {changes}]) =>
  changes === 'nothing' ? [] : [operation],
);

it.each(changing)('%s is named by a command that there is', (operation) => {
  const [command = '', flag] = changeWords({operation}).split(' --');
  const found = commands[command.replaceAll(' ', ':')];
  expect(found).toBeDefined();
  if (flag !== undefined) expect(Object.keys(found?.flags ?? {})).toContain(flag);
});

it.each([
  ['updateSpec', [{field: 'paused', after: 'true'}], 'app pause'],
  ['updateSpec', [{field: 'paused', after: 'false'}], 'app resume'],
  ['updateShard', [{field: 'manualContainerId', after: 'c1'}], 'shard pin'],
  ['updateShard', [{field: 'manualContainerId', after: ''}], 'shard unpin'],
  ['updateShard', [{field: 'task', after: 'x'}], 'shard update'],
  [
    'updateSpec',
    [
      {field: 'paused', after: 'true'},
      {field: 'maxMoving', after: '2'},
    ],
    'app update',
  ],
  ['undo', [{field: 'paused', after: 'false'}], 'undo'],
  ['expire', [{field: 'paused', after: 'false'}], 'took back'],
  ['ofANewerDaemon', undefined, 'ofANewerDaemon'],
  ['constructor', undefined, 'constructor'],
])('%s with %j', (operation, changed, words) => {
  expect(changeWords({operation, changed})).toBe(words);
});

it('a line of events has the command', () => {
  const at = '2026-01-01T00:00:00Z';
  const line = eventLine({
    ...{type: 'audit', at, revision: '7', service: 'orders', who: 'ops', from: '', requestId: ''},
    ...{operation: 'addShards', objects: ['shard/s1'], objectCount: 2, detail: {}, reason: 'more'},
    changed: [],
  });
  expect(line).toBe(`${at} * ops shard add orders shard/s1 and 1 more at revision 7: more`);
});
