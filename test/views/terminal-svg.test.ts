/** The picture of a terminal: every letter in its cell, nothing outside, readable on the ground it stands on. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {terminalSvg} from '../../scripts/terminal-svg.ts';

const CELL = 8.4;
const MARGIN = 12;
const FILE = join(import.meta.dirname, '..', '..', 'docs', 'top.svg');

interface Span {
  readonly column: number;
  readonly text: string;
  readonly length: number;
}

function linesOf(svg: string): Span[][] {
  const lines = [...svg.matchAll(/<text y="[\d.]+">(.*)<\/text>/g)];
  return lines.map(([, line = '']) =>
    [...line.matchAll(/<tspan x="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)<\/tspan>/g)].map(
      ([, x, length, text = '']) => ({
        column: (Number(x) - MARGIN) / CELL,
        length: Number(length) / CELL,
        text: text.replaceAll(/&(lt|gt|amp);/g, '?'),
      }),
    ),
  );
}

/** Relative luminance of WCAG 2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('the picture of a terminal', () => {
  it('keeps the columns, colours and marks of a frame', () => {
    const text = 'a<b \u001b[31mred\u001b[39m  \u001b[1mbold\u001b[22m';
    const svg = terminalSvg([{text, forMs: 1_000}], 20, 1, 'a & b');
    expect(svg).toContain('<title>a &amp; b</title>');
    expect(linesOf(svg)).toEqual([
      [
        {column: 0, length: 3, text: 'a?b'},
        {column: expect.closeTo(4, 1) as number, length: 3, text: 'red'},
        {column: expect.closeTo(9, 1) as number, length: 4, text: 'bold'},
      ],
    ]);
    expect(svg).toMatch(/class="r">red.*class="b">bold/);
  });

  it('of top is well-formed, in its cells and inside its frame', () => {
    const svg = readFileSync(FILE, 'utf8');
    const open: string[] = [];
    for (const [, close, name = '', empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g))
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty !== '/') open.push(name);
    expect(open).toEqual([]);
    const columns = (Number(/width="(\d+)"/.exec(svg)?.[1]) - 2 * MARGIN) / CELL;
    const lines = linesOf(svg);
    expect(lines.flat().length).toBe([...svg.matchAll(/<tspan /g)].length);
    for (const line of lines) {
      let end = 0;
      for (const {column, length, text} of line) {
        expect(Math.abs(column - Math.round(column))).toBeLessThan(0.02);
        expect(length).toBeCloseTo(text.length, 1);
        expect(Math.round(column)).toBeGreaterThanOrEqual(end);
        end = Math.round(column) + text.length;
      }
      expect(end).toBeLessThanOrEqual(columns);
    }
  });

  it('brings its own ground, on which every colour can be read', () => {
    const svg = readFileSync(FILE, 'utf8');
    const [, ground = ''] =
      /<rect width="100%" height="100%"[^>]* fill="(#[0-9a-f]{6})"/.exec(svg) ?? [];
    const style = /<style>(.*)<\/style>/.exec(svg)?.[1] ?? '';
    const colours = [...style.matchAll(/fill:(#[0-9a-f]{6})/g)].map(([, colour = '']) => colour);
    expect(colours.length).toBeGreaterThan(4);
    for (const colour of colours)
      expect((luminance(colour) + 0.05) / (luminance(ground) + 0.05)).toBeGreaterThan(4.5);
  });
});
