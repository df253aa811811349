import {describe, expect, it} from 'vitest';
import {SYNTHETIC_KINDS, syntheticTrace} from '../../src/simulator/synthetic.ts';
import {readTrace} from '../../src/simulator/trace-reader.ts';
import {traceText} from '../../src/simulator/trace.ts';

describe('a synthetic trace', () => {
  it.each(SYNTHETIC_KINDS.map(({name}) => name))('%s is a trace, and always the same', (name) => {
    const trace = syntheticTrace(name);
    if (trace === undefined) throw new Error(`no ${name}`);
    const text = traceText(trace);
    expect(traceText(readTrace(name, text))).toBe(text);
    expect(traceText(syntheticTrace(name) ?? trace)).toBe(text);
    const other = syntheticTrace(name, {seed: 2});
    expect(other && traceText(other)).not.toBe(text);
  });

  it('takes the shards that there are, and as many containers as are asked for', () => {
    const trace = syntheticTrace('cache', {shards: ['x', 'y'], containers: 3});
    expect(trace?.events.filter(({event}) => event === 'add')).toEqual([]);
    expect(trace?.events.filter(({event, atMs}) => event === 'join' && atMs === 0).length).toBe(3);
    expect(trace && readTrace('t', traceText(trace), ['x', 'y']).app).toBe('cache');
  });

  it('of a kind that is not known is none', () => {
    expect(syntheticTrace('nothing')).toBeUndefined();
  });
});
