import {expect, it} from 'vitest';
import {chartLines} from '../../src/simulator/chart.ts';
import {pictureOf} from '../../src/simulator/picture.ts';
import {niceCeiling, topOf} from '../../src/simulator/scale.ts';
import type {Run} from '../../src/simulator/scale.ts';
import {resultOf} from '../../src/simulator/simulation-result.ts';
import type {Sample} from '../../src/simulator/simulation-result.ts';

function run(name: string, imbalances: readonly number[]): Run {
  const samples = imbalances.map((counts, at): Sample => ({
    atMs: 1_000 * at,
    counts,
    loads: [],
    moves: at,
    unserved: 0,
    containers: 2,
  }));
  const result = resultOf({
    ...{
      metrics: [],
      samples,
      durationMs: 64_000,
      fromMs: 0,
      shards: 10,
      movesByCause: {balance: 3},
    },
    ...{mostMovesOfOne: 1, plans: 2, rounds: 1, unservedShardMs: 500, unservedAtEnd: 0},
    marks: [
      {atMs: 0, event: 'join', container: 'a'},
      {atMs: 16_000, event: 'join', container: 'b'},
      {atMs: 32_000, event: 'loss', container: 'b'},
      {atMs: 48_000, event: 'leave', container: '<c>'},
    ],
  });
  return {name, result};
}

const STEP = run(
  'new',
  Array.from({length: 64}, (_, at) => (at < 32 ? 0.08 : 0.01)),
);
const FLAT = run(
  'old',
  Array.from({length: 64}, () => 0.05),
);

it('a chart shows one sign a column, marks and time', () => {
  const lines = chartLines([STEP]);
  expect(lines[0]).toBe('imbalance, the worst of each time: * new');
  expect(lines[1]).toBe('10 % |');
  expect(lines[2]).toBe(`     |`);
  expect(lines.filter((line) => line.includes('*'.repeat(32))).length).toBe(2);
  expect(lines.at(-2)).toMatch(/^ {22}\+ {15}x {15}- {17}\+ join/);
  expect(lines.at(-1)).toMatch(/^ {6}0 +32s +64s$/);
});

it('a chart of two shows where they are the same', () => {
  const lines = chartLines([FLAT, STEP]);
  expect(lines[0]).toBe('imbalance, the worst of each time: * old  o new  @ both');
  expect(lines.join('').match(/\*/g)?.length).toBe(65);
  expect(lines.join('').match(/o/g)?.length).toBeGreaterThan(64);
});

it('a picture is the same each time, and takes names as text', () => {
  const picture = pictureOf('a & b', [STEP, FLAT]);
  expect(picture).toBe(pictureOf('a & b', [STEP, FLAT]));
  expect(picture).toContain('<title>a &amp; b</title>');
  expect(picture).not.toContain('<c>');
  expect(picture.match(/<polyline/g)?.length).toBe(4);
  expect(picture).not.toMatch(/NaN|Infinity|undefined/);
});

it('scales end at round numbers, and peaks are cut', () => {
  expect([0.011, 0.3, 0.31, 1.24, 5].map(niceCeiling)).toEqual([0.015, 0.3, 0.5, 1.5, 5]);
  const peak = run('peak', [...Array.from({length: 63}, () => 0.04), 5]);
  expect(topOf([peak])).toBe(0.1);
  expect(topOf([run('even', [0, 0])])).toBe(0.01);
});

it('an empty result makes a chart and a picture all the same', () => {
  expect(chartLines([run('none', [])]).length).toBeGreaterThan(10);
  expect(pictureOf('none', [run('none', [])])).not.toMatch(/NaN|Infinity|undefined/);
});
