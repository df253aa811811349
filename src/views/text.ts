/** Text for cells: safe to show, in words that people say. */
import {visible} from '../model/visible.ts';

/** Whatever was not written by us. */
export function safe(text: string): string {
  return visible(text);
}

/** What is to be noted, one after the other; '' says nothing. */
export function noted(...parts: readonly string[]): string {
  const said = parts.filter((part) => part !== '');
  return said.map(safe).join('; ');
}

/** Whole percent: 100 only where nothing is missing, 0 only where nothing is there. */
export function percent(share: number): string {
  if (share >= 1) return `${Math.round(share * 100)}%`;
  return `${share <= 0 ? 0 : Math.max(1, Math.min(99, Math.round(share * 100)))}%`;
}

/** Ms as people say it: 400ms, 14s, 3m, 2h, 4d. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '0s';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  return ageText(ms);
}

/** As `spanText`, never finer than seconds: an age on a screen would flicker. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** Age of an RFC 3339 time; '' when it is not known. */
export function ageSince(since: string, nowMs: number): string {
  const atMs = Date.parse(since);
  return Number.isNaN(atMs) ? '' : ageText(nowMs - atMs);
}

/** 00:17, 61:05. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** [#######...]; `share` from 0 to 1. Full only at 1, empty only at 0. */
export function bar(share: number, width: number): string {
  const inner = Math.max(1, width - 2);
  const least = share > 0 ? Math.min(1, inner - 1) : 0;
  const most = share >= 1 ? inner : inner - 1;
  const filled = Math.max(least, Math.min(most, Math.round(share * inner)));
  return `[${'#'.repeat(filled)}${'.'.repeat(inner - filled)}]`;
}
