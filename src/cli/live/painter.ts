/**
 * From one frame to the next with as little as needed: only lines that have changed are written. ink's own incremental
 * renderer of 6.8 slips by one line at every frame as tall as the one before, and its plain one writes everything.
 * Pure: what is written is returned.
 */
import {widthOf} from '../../model/text-width.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Painted {
  readonly lines: readonly string[];
  readonly size: ScreenSize;
}

const ESC = '\u001b[';
const ERASE_LINE_END = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;
const ERASE_SCREEN = `${ESC}2J`;
export const HIDE_CURSOR = `${ESC}?25l`;
export const SHOW_CURSOR = `${ESC}?25h`;
export const ENTER_ALTERNATE = `${ESC}?1049h${ESC}H${ERASE_SCREEN}`;
export const LEAVE_ALTERNATE = `${ESC}?1049l`;
/** Terminals that know it show all that stands between at once. */
const BEGIN = `${ESC}?2026h`;
const END = `${ESC}?2026l`;

/**
 * Below what stands on the screen already; the cursor rests on the line below the frame. Nothing above the frame is
 * touched, so the scrollback stays whole.
 */
export function paintInline(before: Painted | undefined, next: Painted): string {
  if (before === undefined) return framed(next.lines.map((line) => `${line}\r\n`).join(''));
  if (!sameSize(before.size, next.size)) {
    const up = Math.min(heightAt(before.lines, next.size.columns), next.size.rows - 1);
    const whole = next.lines.map((line) => `${line}\r\n`).join('');
    return framed(`\r${cursorUp(up)}${ERASE_BELOW}${whole}`);
  }
  let text = `\r${cursorUp(before.lines.length)}`;
  for (const [index, line] of next.lines.entries())
    text += line === before.lines[index] ? '\r\n' : `${ended(line, next.size)}\r\n`;
  return framed(next.lines.length < before.lines.length ? text + ERASE_BELOW : text);
}

/** On a screen of its own, from its first line. */
export function paintFull(before: Painted | undefined, next: Painted): string {
  const anew = before === undefined || !sameSize(before.size, next.size);
  let text = anew ? ERASE_SCREEN : '';
  for (const [index, line] of next.lines.entries())
    if (anew || line !== before.lines[index])
      text += `${ESC}${index + 1};1H${ended(line, next.size)}`;
  if (!anew && next.lines.length < before.lines.length)
    text += `${ESC}${next.lines.length + 1};1H${ERASE_BELOW}`;
  return framed(text);
}

function framed(text: string): string {
  return `${BEGIN}${text}${END}`;
}

/** Erasing behind a line that fills the screen would take its last letter. */
function ended(line: string, {columns}: ScreenSize): string {
  return widthOf(line) < columns ? line + ERASE_LINE_END : line;
}

function cursorUp(lines: number): string {
  return lines > 0 ? `${ESC}${lines}A` : '';
}

function sameSize(a: ScreenSize, b: ScreenSize): boolean {
  return a.columns === b.columns && a.rows === b.rows;
}

/** Lines that the frame takes now: a terminal that has become narrower has wrapped them. */
function heightAt(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
}
