/** Changes that break parsers: of bytes, of text, of JSON. */
import type {Random} from '../simulation/random.ts';

/** Pieces that parsers stumble over. */
export const PIECES: readonly string[] = [
  ...[
    '\0',
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\t',
    ' ',
    '"',
    "'",
    '\\',
    '/',
    '..',
    '../',
    '%',
    '%00',
    '%2e%2e',
    '%2F',
    '%ff',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{}',
    '[]',
    ':',
    ',',
    'null',
    'true',
    '-',
    '&a',
    '*a',
    '<<',
    '!!js/function ',
    '---',
    '#',
  ],
  ...[
    '0',
    '-0',
    '-1',
    '1e400',
    '1e-400',
    '0x10',
    '9007199254740993',
    '9223372036854775808',
    '99999999999999999999999',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '"__proto__":{"x":1},',
  ],
  ...[
    '\xc0\xaf',
    '\xe0\x80\xaf',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
    '\xff\xfe',
    '\xef\xbb\xbf',
    '\u001b[31m',
    '\u202e',
  ],
  ...['2147483648', 'NaN', 'Infinity', '-Infinity', '', 'a'.repeat(300)],
];

/** Values of every kind that a field should not have. */
export function hostileValue(random: Random): unknown {
  const kind = random.whole(0, 11);
  if (kind === 0) return random.pick([null, true, false, '', 0, -0, -1, 1.5]);
  if (kind === 1) return random.pick([2 ** 31, 2 ** 53 - 1, 1e21, -(2 ** 53), 5e-324]);
  if (kind === 2) return random.pick(PIECES);
  if (kind === 3) return 'x'.repeat(rarely(random) ? 65_536 : random.pick([127, 129, 200, 201]));
  if (kind === 4) return [];
  if (kind === 5) return {};
  if (kind === 6)
    return Array.from({length: random.whole(1, rarely(random) ? 2_000 : 20)}, (_, index) => index);
  if (kind === 7) return {v: 2, toString: 1, valueOf: 'x'};
  if (kind === 8) return nested(random.whole(1, 40));
  if (kind === 9) return String.fromCharCode(0xd800 + random.whole(0, 0x7ff));
  if (kind === 10) return random.bits();
  return [[null], {a: [1]}, 'x'];
}

/** For what is large: it would be all that the time goes into. */
function rarely(random: Random): boolean {
  return random.chance(0.01);
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : {a: value};
  return value;
}

/** Another value in place of one, a field more or less; at any depth. */
export function mutatedJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15))
    return hostileValue(random);
  if (Array.isArray(value)) return mutatedList(value, random);
  const entries = Object.entries(value);
  const at = random.whole(0, entries.length);
  if (at === entries.length) entries.push([random.pick(PIECES), hostileValue(random)]);
  else if (random.chance(0.2)) entries.splice(at, 1);
  else {
    const [name, inner] = entries[at] ?? ['', null];
    entries[at] = [name, mutatedJson(inner, random)];
  }
  // Not by assignment: that would set a prototype instead of a field.
  return Object.fromEntries(entries);
}

function mutatedList(list: readonly unknown[], random: Random): unknown[] {
  const at = random.whole(0, list.length);
  const changed = [...list];
  if (at === list.length) changed.push(list.length > 0 ? list[0] : hostileValue(random));
  else if (random.chance(0.2)) changed.splice(at, 1);
  else changed[at] = mutatedJson(list[at], random);
  return changed;
}

/** A few changes of text: pieces put in, parts cut out, doubled, swapped, characters changed. */
export function mutatedText(text: string, random: Random, most = 4): string {
  let result = text;
  for (let change = random.whole(1, most); change > 0; change -= 1) result = once(result, random);
  return result;
}

function once(text: string, random: Random): string {
  const at = random.whole(0, text.length);
  const to = Math.min(text.length, at + random.whole(0, 12));
  switch (random.whole(0, 6)) {
    case 0:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at);
    case 3:
      return text.slice(0, at) + String.fromCharCode(random.whole(0, 255)) + text.slice(at + 1);
    case 4:
      return text.slice(0, at);
    case 5:
      return text.slice(at) + text.slice(0, at);
    default:
      return text.slice(0, at) + flipped(text.charCodeAt(at), random) + text.slice(at + 1);
  }
}

function flipped(code: number, random: Random): string {
  return String.fromCharCode(((Number.isNaN(code) ? 0 : code) ^ (1 << random.whole(0, 7))) & 0xff);
}

/** JSON text: of the value as it is, changed, or torn; now and then with what JSON.stringify never writes. */
export function jsonText(value: unknown, random: Random): string {
  const kind = random.whole(0, 9);
  let inner = value;
  for (let change = random.whole(0, 3); change > 0; change -= 1) inner = mutatedJson(inner, random);
  const text = JSON.stringify(inner) ?? 'null';
  if (kind < 6) return text;
  if (kind < 8) return mutatedText(text, random);
  return odd(text, random);
}

function odd(text: string, random: Random): string {
  switch (random.whole(0, 4)) {
    case 0:
      return text.replace(/^\{/, '{"__proto__":{"polluted":true},');
    case 1:
      return text.replace(/^\{("[^"]*":[^,}]*)/, '{$1,$1');
    case 2:
      return text.replace(
        /:\d+/,
        `:${random.pick(['1e400', '-1e400', '9223372036854775807', '0.1e1', '1E2', '-0'])}`,
      );
    case 3: {
      const depth = rarely(random) ? random.pick([5_000, 100_000]) : random.pick([31, 32, 33, 100]);
      return text.replace(/^\{/, `{"deep":${'['.repeat(depth)}${']'.repeat(depth)},`);
    }
    default:
      return `${random.pick(['\ufeff', ' ', '//c\n', ''])}${text}${random.pick(['', ' ', ',', text])}`;
  }
}
