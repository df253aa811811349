import {describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';

describe('spellings that the Go project takes', () => {
  const SPELLED = 'service: foo\nport: "8801"\nendpoints: 127.0.0.1:2379\netcdPrefix: /sm/\n';

  it('are taken where they are harmless, and said', () => {
    const said: string[] = [];
    const config = parseConfig(SPELLED, 'f.yml', {onSpelling: (text) => said.push(text)});
    expect(config).toMatchObject({port: 8_801, endpoints: ['127.0.0.1:2379'], etcdPrefix: '/sm'});
    expect(said).toEqual([
      'f.yml:2:7: port is read as 8801: write it this way',
      'f.yml:3:12: endpoints is read as ["127.0.0.1:2379"]: write it this way',
      'f.yml:4:13: etcdPrefix is read as "/sm": write it this way',
    ]);
  });

  it.each([
    ['port: "8801"', 'port: "88o1"', 'port is not a whole number'],
    ['port: "8801"', 'port: "0"', 'port is not a whole number'],
    ['endpoints: 127.0.0.1:2379', 'endpoints: nowhere', 'endpoints is not a list'],
    ['etcdPrefix: /sm/', 'etcdPrefix: /', 'etcdPrefix is not of the form'],
  ])('are refused where nothing good can be meant: %s as %s', (from, to, fault) => {
    expect(() => parseConfig(SPELLED.replace(from, to), 'f.yml')).toThrow(fault);
  });
});
