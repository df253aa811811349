import {format, inspect} from 'node:util';
import {expect, it} from 'vitest';
import {HiddenText, revealed} from '../../src/model/hidden-text.ts';
import {parseTokenLine} from '../../src/config/token-line.ts';
import {decodeCallKeys, encodeCallKeys} from '../../src/protocol/call-keys.ts';

const SECRET = 'canary'.repeat(10);
const hidden = new HiddenText(SECRET);

it('a secret is printed as ***, however it is printed, and at any depth', () => {
  const inside = {a: [{password: hidden}]};
  const printed = [
    ...[String(hidden), `${hidden as unknown as string}`, `${'' + (hidden as unknown as string)}`],
    ...[JSON.stringify(hidden), JSON.stringify(inside), inspect(hidden, {showHidden: true})],
    ...[inspect(inside, {depth: 10}), format('%s %o %j', hidden, hidden, hidden)],
    ...[Object.entries(hidden).join(), String(new Error(String(hidden)).stack)],
    JSON.stringify(structuredClone({...inside.a[0]})),
  ];
  for (const text of printed) expect(text).not.toContain('canary');
  expect(String(hidden)).toBe('***');
  expect(JSON.stringify(inside)).toBe('{"a":[{"password":"***"}]}');
  expect(revealed(hidden)).toBe(SECRET);
  expect(revealed(SECRET)).toBe(SECRET);
});

it('tokens of a file and keys of an app are secrets', () => {
  const line = parseTokenLine(`ops ${SECRET}`, 0);
  const stored = JSON.stringify({v: 1, keys: [{id: 'one', secret: SECRET, createdMs: 7}]});
  const keys = decodeCallKeys(stored);
  for (const one of [line, keys]) {
    expect(inspect(one, {depth: 10})).not.toContain('canary');
    expect(JSON.stringify(one)).not.toContain('canary');
  }
  expect(encodeCallKeys(keys)).toBe(stored);
});
