import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import type {StoreDoubt} from '../../src/model/store-doubt.ts';
import {COMMITTING} from '../../src/model/store-writes.ts';
import {nextGoverningState, readinessOf} from '../../src/server/daemon-state.ts';
import type {GoverningEvent, GoverningState} from '../../src/server/daemon-state.ts';

const doubt: StoreDoubt = {kind: 'wentBack', found: 1, known: 2};

function stateOf(kind: GoverningState['kind']): GoverningState {
  return kind === 'halted' ? {kind, doubt} : {kind};
}

/** The table that readers see, of the comment above the type. */
function documented(): {state: string; event: string; next: string}[] {
  const text = readFileSync('src/server/daemon-state.ts', 'utf8');
  const start = text.indexOf('| state | idTaken');
  const [heads = [], , ...rows] = text
    .slice(start, text.indexOf('*/', start))
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => line.slice(line.indexOf('|') + 1).split('|'))
    .map((cells) => cells.map((cell) => cell.replace(/:.*/, '').trim()));
  return rows.flatMap(([state = '', ...next]) =>
    next
      .slice(0, heads.length - 2)
      .map((to, at) => ({state, event: heads[at + 1] ?? '', next: to})),
  );
}

describe('what a daemon governs', () => {
  const table = documented();

  it('has a table with every state and event', () => {
    expect(table).toHaveLength(25);
  });

  it.each(table)('from $state by $event is $next', ({state, event, next}) => {
    const given = event === 'doubted' ? {kind: event, doubt} : {kind: event};
    const found = nextGoverningState(
      stateOf(state as GoverningState['kind']),
      given as GoverningEvent,
    );
    expect(found.kind).toBe(next);
  });

  it('is the same object where nothing changes, so that whoever asks knows', () => {
    for (const kind of ['waiting', 'ready', 'halted', 'leaving', 'stopped'] as const) {
      const state = stateOf(kind);
      const isSame = nextGoverningState(state, {kind: 'accepted'}) === state;
      expect(isSame).toBe(kind !== 'halted');
    }
  });

  it('is ready in one state only, and there only while writes commit', () => {
    const kinds = ['waiting', 'ready', 'halted', 'leaving', 'stopped'] as const;
    const ready = kinds.filter((kind) => readinessOf(stateOf(kind), COMMITTING).ready);
    expect(ready).toEqual(['ready']);
    const failing = {kind: 'none', sinceMs: 0, reason: 'no answer', fix: ''} as const;
    expect(readinessOf({kind: 'ready'}, failing).ready).toBe(false);
    expect(readinessOf(stateOf('halted'), COMMITTING).reason).toContain('sm store accept-restore');
  });
});
