/** An export that is not whole says what is wrong with it, so that the reader of the message looks in the right place. */
import {expect, it} from 'vitest';
import {readExport, writeExport} from '../../src/transfer/file.ts';

const header = {
  ...{prefix: '/sm', clusterId: '7', revision: '9', at: '2026-01-01T00:00:00Z'},
  living: [],
};
const items = ['a', 'b', 'c'].map((key) => ({key: Buffer.from(key), value: Buffer.from('1')}));
const whole = writeExport({header, items});
const lines = whole.trimEnd().split('\n');
const without = (index: number): string => `${lines.toSpliced(index, 1).join('\n')}\n`;

it('that is whole is read', () => {
  expect(readExport(whole)).toEqual({header, items});
});

it.each([
  ['a line is gone', without(2), 'it has 2 of 3 keys'],
  ['the last line is gone', without(lines.length - 1), 'it is truncated: the last line is missing'],
  ['a value differs', whole.replace('"1"', '"2"'), 'it was changed: its checksum does not match'],
  ['the last line is cut', whole.slice(0, -9), 'its last line is not a JSON object'],
  ['it is another file', 'apps:\n  - name: a\n', 'its first line is not a JSON object'],
])('of which %s', (_what, text, fault) => {
  expect(() => readExport(text)).toThrow(`the export cannot be read: ${fault}`);
});
