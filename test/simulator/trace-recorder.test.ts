/** What a recording makes of an app that is looked at from time to time. */
import {describe, expect, it} from 'vitest';
import {TraceRecorder} from '../../src/simulator/trace-recorder.ts';
import type {SeenContainer, SeenShard} from '../../src/simulator/trace-recorder.ts';
import {readTrace} from '../../src/simulator/trace-reader.ts';
import {traceHeader} from '../../src/simulator/trace.ts';

function container(id: string, over: Partial<SeenContainer> = {}): SeenContainer {
  const share = {weight: 1, capacity: 0, zone: '', limits: {}};
  return {id, incarnation: `${id}-1`, state: 'ready', ...share, version: '', order: null, ...over};
}

function shard(id: string, over: Partial<SeenShard> = {}): SeenShard {
  const terms = {group: '', workerGroup: '', manualContainerId: ''};
  return {id, ...terms, removing: false, state: 'ready', container: 'a', ...over};
}

/** What was recorded so far can be read as a trace. */
function checked<Event extends object>(events: readonly Event[]): readonly Event[] {
  const lines = [traceHeader('app', 10_000, ''), ...events].map((one) => JSON.stringify(one));
  expect(readTrace('t', lines.join('\n')).events.length).toBe(events.length);
  return events;
}

describe('a recording', () => {
  it('begins with containers, shards, their owners and loads', () => {
    const recorder = new TraceRecorder();
    const events = [
      ...recorder.containersSeen(
        [
          container('a', {weight: 2, zone: 'z', version: 'v1'}),
          container('b', {order: {order: 'cordon'}}),
          container('c', {state: 'waiting'}),
          container('d', {incarnation: '', state: 'lost'}),
        ],
        0,
      ),
      ...recorder.shardsSeen(
        [
          shard('s1', {group: 'g', load: {qps: 1}, currentLoad: {qps: 5}}),
          shard('s2', {container: '', state: 'unplaced'}),
          shard('s3', {removing: true}),
        ],
        0,
      ),
    ];
    expect(checked(events)).toEqual([
      {atMs: 0, event: 'join', container: 'a', weight: 2, zone: 'z', version: 'v1'},
      {atMs: 0, event: 'join', container: 'b'},
      {atMs: 0, event: 'cordon', container: 'b'},
      {atMs: 0, event: 'add', shards: [{id: 's1', group: 'g', load: {qps: 1}}, {id: 's2'}]},
      {atMs: 0, event: 'own', container: 'a', shards: ['s1']},
      {atMs: 0, event: 'load', loads: {s1: {qps: 5}}},
    ]);
  });

  it('says what has changed and nothing else', () => {
    const recorder = new TraceRecorder();
    const events = [
      ...recorder.containersSeen([container('a')], 0),
      ...recorder.shardsSeen([shard('s1', {currentLoad: {qps: 5}}), shard('s2')], 0),
    ];
    const before = events.length;
    events.push(...recorder.containersSeen([container('a')], 1));
    events.push(...recorder.shardsSeen([shard('s1', {currentLoad: {qps: 5}}), shard('s2')], 1));
    expect(events.length).toBe(before);
    const later = [
      ...recorder.containersSeen([container('a', {weight: 3, order: {order: 'drain'}})], 2),
      ...recorder.shardsSeen([shard('s1', {currentLoad: {qps: 6}}), shard('s4')], 2),
      ...recorder.containersSeen([container('a', {weight: 3})], 3),
    ];
    expect(later).toEqual([
      {atMs: 2, event: 'set', container: 'a', weight: 3, capacity: 0, zone: ''},
      {atMs: 2, event: 'drain', container: 'a'},
      {atMs: 2, event: 'remove', shards: ['s2']},
      {atMs: 2, event: 'add', shards: [{id: 's4'}]},
      {atMs: 2, event: 'load', loads: {s1: {qps: 6}}},
      {atMs: 3, event: 'uncordon', container: 'a'},
    ]);
    checked([...events, ...later]);
  });

  it.each([
    ['that is gone after it was ready', 'ready', undefined, 'leave'],
    ['that leaves', 'ready', 'leaving', 'leave'],
    ['that is gone after it was not heard', 'suspect', undefined, 'loss'],
    ['that is silent', 'suspect', 'silent', 'loss'],
    ['that is lost', 'ready', 'lost', 'loss'],
  ] as const)('knows how a container went %s', (_what, before, now, expected) => {
    const recorder = new TraceRecorder();
    const first = recorder.containersSeen([container('a', {state: before})], 0);
    const seen = now === undefined ? [] : [container('a', {state: now})];
    const gone = recorder.containersSeen(seen, 5);
    expect(gone).toEqual([{atMs: 5, event: expected, container: 'a'}]);
    expect(recorder.containersSeen(seen, 6)).toEqual([]);
    const back = recorder.containersSeen([container('a', {incarnation: 'a-2'})], 7);
    checked([...first, ...gone, ...back]);
  });

  it('sees a process that took the id of another between two looks', () => {
    const recorder = new TraceRecorder();
    recorder.containersSeen([container('a')], 0);
    expect(
      recorder.containersSeen([container('a', {incarnation: 'a-2', version: 'v2'})], 4),
    ).toEqual([
      {atMs: 4, event: 'leave', container: 'a'},
      {atMs: 4, event: 'join', container: 'a', version: 'v2'},
    ]);
  });

  it('splits what is too much for a line', () => {
    const recorder = new TraceRecorder();
    const events = [
      ...recorder.containersSeen([container('a')], 0),
      ...recorder.shardsSeen(
        Array.from({length: 1_200}, (_, at) => shard(`s${at}`)),
        0,
      ),
    ];
    expect(events.map(({event}) => event)).toEqual([
      'join',
      'add',
      'add',
      'add',
      'own',
      'own',
      'own',
    ]);
    checked(events);
  });
});
