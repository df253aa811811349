/** What a trace may say, and what a reader says of one that it cannot take: the line, and why. */
import {describe, expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {TRACE_LINE_LIMIT_CHARACTERS} from '../../src/simulator/limits.ts';
import {readTrace} from '../../src/simulator/trace-reader.ts';
import {metricsOf, traceText} from '../../src/simulator/trace.ts';

const HEADER = '{"format":"sm-trace","v":1,"app":"orders","ttlMs":10000}';
const JOIN = '{"atMs":0,"event":"join","container":"c1"}';
const ADD = '{"atMs":0,"event":"add","shards":["s1","s2"]}';

function problem(...lines: string[]): string {
  try {
    readTrace('t.jsonl', lines.join('\n'));
  } catch (error) {
    if (error instanceof SmError && error.code === 'INVALID_INPUT') return error.message;
    throw error;
  }
  return '';
}

describe('a trace', () => {
  it('is read as it was written', () => {
    const text = [
      HEADER.replace('}', ',"source":"by hand"}'),
      '{"atMs":0,"event":"join","container":"c1","weight":2,"capacity":9,"zone":"a","limits":{"qps":5},"version":"v1"}',
      '{"atMs":0,"event":"add","shards":[{"id":"s1","load":{"bytes":3},"priority":1},{"id":"s2"}]}',
      '{"atMs":0,"event":"own","container":"c1","shards":["s1"]}',
      '{"atMs":10.5,"event":"load","loads":{"s1":{"qps":12}}}',
      '{"atMs":20,"event":"set","container":"c1","weight":1}',
      '{"atMs":20,"event":"drain","container":"c1"}',
      '{"atMs":30,"event":"remove","shards":["s2"]}',
      '{"atMs":40,"event":"leave","container":"c1"}',
      '{"atMs":50,"event":"join","container":"c1"}',
      '{"atMs":60,"event":"end"}',
      '',
    ].join('\n');
    const trace = readTrace('t.jsonl', text);
    expect(trace).toMatchObject({app: 'orders', ttlMs: 10_000, durationMs: 60, source: 'by hand'});
    expect(trace.events.length).toBe(10);
    expect(traceText(trace).split('\n').slice(1)).toEqual(text.split('\n').slice(1));
    expect(metricsOf(trace)).toEqual(['bytes', 'qps']);
  });

  it('may name shards by their ids alone, and ends with its last event', () => {
    const trace = readTrace('t', [HEADER, JOIN, '', ADD.replace('0', '700')].join('\n'));
    expect(trace.events[1]).toMatchObject({shards: [{id: 's1'}, {id: 's2'}]});
    expect(trace.durationMs).toBe(700);
  });

  it('may add again, and load, what a file declares', () => {
    const load = '{"atMs":0,"event":"load","loads":{"s3":{"qps":1}}}';
    expect(readTrace('t', [HEADER, ADD, load].join('\n'), ['s1', 's3']).events.length).toBe(2);
  });
});

describe('a trace is refused with its line', () => {
  it.each([
    ['nothing', [''], 't.jsonl:1: the file is empty'],
    ['what is not JSON', [HEADER, JOIN, '{"atMs":1,'], 't.jsonl:3: is not JSON'],
    [
      'NaN',
      [HEADER, ADD, '{"atMs":1,"event":"load","loads":{"s1":{"qps":NaN}}}'],
      't.jsonl:3: is not JSON.*NaN and Infinity are not numbers',
    ],
    [
      'an owner that waits for its id',
      [
        ...[HEADER, JOIN, '{"atMs":0,"event":"loss","container":"c1"}', JOIN, ADD],
        '{"atMs":0,"event":"own","container":"c1","shards":["s1"]}',
      ],
      't.jsonl:6: container c1 waits for its id: it owns nothing when the trace begins',
    ],
    ['a list', [HEADER, '[]'], 't.jsonl:2: is not a JSON object'],
    ['another file', ['{"kind":"AppList"}'], 't.jsonl:1: is not the header of a trace'],
    ['a newer version', [HEADER.replace('"v":1', '"v":2')], ':1: is a trace of version 2'],
    ['a header without app', [HEADER.replace('"app":"orders",', '')], ':1: app is missing'],
    ['a strange T', [HEADER.replace('10000', '1')], ':1: ttlMs is not a number from 3000'],
    ['an unknown event', [HEADER, '{"atMs":0,"event":"joins"}'], 'did you mean join'],
    ['an unknown field', [HEADER, JOIN.replace('}', ',"wieght":1}')], 'did you mean weight'],
    ['a missing field', [HEADER, '{"atMs":0,"event":"leave"}'], ':2: container is missing'],
    [
      'time that goes back',
      [HEADER, JOIN.replace('0', '9'), JOIN.replace('0', '8')],
      ':3: atMs goes back: 8 after 9',
    ],
    ['no time', [HEADER, JOIN.replace('"atMs":0,', '')], ':2: atMs is not a number from 0'],
    ['too long', [HEADER, JOIN.replace('0', '604800001')], ':2: atMs is not a number from 0'],
    [
      'a container that never joined',
      [HEADER, '{"atMs":1,"event":"loss","container":"c9"}'],
      ':2: container c9 is unknown',
    ],
    ['a container that is there', [HEADER, JOIN, JOIN], ':3: container c1 is there already'],
    [
      'a container that has left',
      [HEADER, JOIN, JOIN.replace('join', 'leave'), JOIN.replace('join', 'drain')],
      ':4: container c1 is unknown',
    ],
    ['a shard twice', [HEADER, ADD, ADD], ':3: shard s1 is there already'],
    [
      'an unknown shard',
      [HEADER, ADD, '{"atMs":1,"event":"load","loads":{"s3":{"qps":1}}}'],
      ':3: shard s3 is unknown',
    ],
    ['a removed shard', [HEADER, '{"atMs":1,"event":"remove","shards":["s1"]}'], 's1 is unknown'],
    [
      'a negative load',
      [HEADER, ADD, '{"atMs":1,"event":"load","loads":{"s1":{"qps":-1}}}'],
      ':3: loads: s1 : qps is not a number from 0',
    ],
    [
      'a load without end',
      [HEADER, ADD, '{"atMs":1,"event":"load","loads":{"s1":{"qps":1e999}}}'],
      ':3: loads: s1 : qps is not a number from 0',
    ],
    [
      'owners after the beginning',
      [HEADER, JOIN, ADD, '{"atMs":1,"event":"own","container":"c1","shards":["s1"]}'],
      ':4: own says where shards are when the trace begins',
    ],
    [
      'two owners',
      [HEADER, JOIN, ADD, '{"atMs":0,"event":"own","container":"c1","shards":["s1","s1"]}'],
      ':4: shard s1 has an owner already',
    ],
    ['lines after the end', [HEADER, '{"atMs":1,"event":"end"}', JOIN], ':3: is after'],
    ['a name that is none', [HEADER, JOIN.replace('c1', 'c 1')], ':2: container is not a name'],
    [
      'a line that is too long',
      [HEADER, `{"atMs":0,"event":"${'x'.repeat(TRACE_LINE_LIMIT_CHARACTERS)}"}`],
      ':2: is longer than 1048576 characters',
    ],
  ] as const)('%s', (_what, lines, expected) => {
    expect(problem(...lines)).toMatch(new RegExp(expected));
  });

  it('naming the first faults and no more', () => {
    const lines = problem(HEADER, ...Array.from({length: 30}, () => 'x')).split('\n');
    expect(lines.length).toBe(11);
    expect(lines.at(-1)).toBe('and more');
  });
});
