import {describe, expect, it} from 'vitest';
import {parseApps, parsePlacement} from '../../src/config/apps-file.ts';
import {printApps} from '../../src/config/apps-print.ts';
import {explain} from '../../src/config/explanations.ts';
import {PLACEMENT_DEFAULTS} from '../../src/model/placement-policy.ts';
import {placementField} from '../../src/protocol/placement-policy.ts';

const parse = (text: string) => parseApps([{file: 'apps.yml', text}]);

const FULL = `apps:
  - name: orders
    maxMoving: 50
    placement:
      metrics: [{name: qps, upper: 1.3, lower: 1.1}, {name: bytes}]
      spreadZones: true
      countSlack: 0.05
      cooldown: 600
      quietTime: 45
      slowStart: 2
      drainOrder: sequential
      moving: {container: 10, zone: 20, perMinute: 30}
    shards:
      - {id: a, load: {qps: 2.5}, spreadKey: tenant-1, priority: 10}
      - b
`;

describe('placement in apps.yml', () => {
  it('comes back from what is printed', () => {
    const [orders] = parse(FULL);
    expect(orders?.placement).toMatchObject({quietTime: 45, moving: {perMinute: 30}});
    expect(orders?.shards).toMatchObject([
      {shardId: 'a', load: {qps: 2.5}, spreadKey: 'tenant-1', priority: 10},
      {shardId: 'b', load: {}, spreadKey: '', priority: 0},
    ]);
    const printed = printApps([{...orders!, revision: '7'}]);
    expect(parse(printed)).toEqual([orders]);
    expect(printApps([{...parse(printed)[0]!, revision: '7'}])).toBe(printed);
  });

  it.each([
    [
      '{moving: {container: 60}}',
      /apps.yml:4:37: app orders: placement.moving.container and maxMoving \(apps.yml:3:16\) contradict/,
    ],
    [
      '{metrics: [{name: q, lower: 1.5}]}',
      /apps.yml:4:44: .*metrics\[0\].lower and .*upper \(apps.yml:4:\d+\) contradict/,
    ],
    ['{quietTime: soon}', /placement.quietTime is not a number from 0 to 86400/],
    ['{slowStart: 1.5}', /placement.slowStart is not a whole number/],
    ['{drainOrder: backwards}', /placement.drainOrder is not one of together, sequential/],
    ['{quiteTime: 3}', /unknown key "quiteTime", did you mean quietTime/],
  ])('is refused: %s', (placement, message) => {
    const text = `apps:\n  - name: orders\n    maxMoving: 50\n    placement: ${placement}\n`;
    expect(() => parse(text)).toThrow(message);
  });

  it.each([
    ['[{id: a, load: {qps: 1}}]', /load of shard a names qps, which placement.metrics does not/],
    [
      '[{id: a, spreadKey: k, pin: c1}, {id: b, spreadKey: k, pin: c1}]',
      /shards a and b have the spreadKey k and are both pinned to c1/,
    ],
    ['[{id: a, priority: 5000}]', /priority is not a whole number from -1000 to 1000/],
  ])('shards contradict: %s', (shards, message) => {
    expect(() => parse(`apps:\n  - {name: orders, shards: ${shards}}\n`)).toThrow(message);
  });

  it('says of every field what it means, and what counts by default', () => {
    const {keys} = explain('apps.placement');
    expect(keys.map(({name}) => name).sort()).toEqual(Object.keys(placementField.shape).sort());
    for (const {name, summary} of keys) expect(summary, name).not.toBe('');
    expect(explain('apps.placement.quietTime').fallback).toBe(String(PLACEMENT_DEFAULTS.quietTime));
    expect(explain('apps.placement.moving.container').type).toBe('whole number, 1 to 1000000');
    expect(explain('apps.shards.load').type).toContain('number');
  });
});

describe('a policy in a file of its own', () => {
  it('is YAML or JSON', () => {
    expect(parsePlacement('p.yml', 'quietTime: 30\n')).toEqual({quietTime: 30});
    expect(parsePlacement('p.json', '{"moving": {"zone": 3}}')).toEqual({moving: {zone: 3}});
    expect(parsePlacement('p.yml', '{}')).toBeUndefined();
  });

  it.each([
    ['quietTime: -1\n', /p.yml:1:12: quietTime is not a number/],
    [
      'slowStart: 30\nmoving: {container: 5}\n',
      /p.yml:1:12: slowStart and moving.container \(p.yml:2:21\)/,
    ],
    ['a: [', /p.yml:1:/],
    ['- a\n', /the file is not a map/],
    ['', /the file is empty/],
  ])('is refused: %j', (text, message) => {
    expect(() => parsePlacement('p.yml', text)).toThrow(message);
  });
});
