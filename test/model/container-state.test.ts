import {describe, expect, it} from 'vitest';
import {containerState, hearingOf} from '../../src/model/container-state.ts';
import type {ContainerOrder} from '../../src/model/specs.ts';

const none = {reason: '', by: '', at: '', incarnation: '', keep: true};
const cordon: ContainerOrder = {...none, order: 'cordon'};
const drain: ContainerOrder = {...none, order: 'drain'};

describe('the state of a container', () => {
  it.each([
    ['waiting', undefined, 'heard', 'waiting'],
    ['waiting', drain, 'silent', 'waiting'],
    ['leaving', cordon, 'silent', 'leaving'],
    ['evicting', undefined, 'heard', 'leaving'],
    ['ready', undefined, 'heard', 'ready'],
    ['ready', cordon, 'heard', 'cordoned'],
    ['ready', cordon, 'suspect', 'suspect'],
    ['ready', cordon, 'unreachable', 'unreachable'],
    ['ready', drain, 'suspect', 'draining'],
    ['ready', drain, 'unreachable', 'draining'],
    ['ready', drain, 'silent', 'silent'],
    ['ready', drain, 'lost', 'lost'],
  ] as const)('that says %s, with %o, %s, is %s', (said, order, hearing, state) => {
    expect(containerState(said, 'c-1', order, hearing)).toBe(state);
  });

  it('is that of a drain only while the drain is for this incarnation', () => {
    const once = {...drain, keep: false, incarnation: 'c-1'};
    expect(containerState('ready', 'c-1', once, 'heard')).toBe('draining');
    expect(containerState('ready', 'c-2', once, 'heard')).toBe('ready');
  });

  it('counts as heard where a governor names a state that its clock has no part in', () => {
    for (const said of ['cordoned', 'draining', 'leaving', undefined] as const)
      expect(hearingOf(said)).toBe('heard');
    for (const said of ['suspect', 'silent', 'lost', 'unreachable'] as const)
      expect(hearingOf(said)).toBe(said);
  });
});
