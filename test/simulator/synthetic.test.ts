import {describe, expect, it} from 'vitest';
import {SYNTHETIC_NAMES} from '../../src/simulator/synthetic-kinds.ts';
import {syntheticTrace} from '../../src/simulator/synthetic.ts';
import {readTrace} from '../../src/simulator/trace-reader.ts';
import {traceText} from '../../src/simulator/trace.ts';

describe('a synthetic trace', () => {
  it.each(SYNTHETIC_NAMES)('%s is a trace, and always the same', (name) => {
    const trace = syntheticTrace(name);
    const text = traceText(trace);
    expect(traceText(readTrace(name, text))).toBe(text);
    expect(traceText(syntheticTrace(name))).toBe(text);
  });

  it('is another by another seed', () => {
    expect(syntheticTrace('jobs', {seed: 2})).not.toEqual(syntheticTrace('jobs'));
  });

  it('takes the shards that there are, and as many containers as are asked for', () => {
    const trace = syntheticTrace('cache', {shards: ['x', 'y'], containers: 3});
    expect(trace.events.filter(({event}) => event === 'add')).toEqual([]);
    expect(trace.events.filter(({event, atMs}) => event === 'join' && atMs === 0).length).toBe(3);
    expect(readTrace('t', traceText(trace), ['x', 'y']).app).toBe('cache');
  });
});
