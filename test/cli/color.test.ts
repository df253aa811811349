import {describe, expect, it} from 'vitest';
import {colorEnvironment} from '../../src/cli/color.ts';

const NONE = {FORCE_COLOR: '0', NO_COLOR: '1'};
const FORCED = {FORCE_COLOR: '1', NO_COLOR: undefined};

describe('colour', () => {
  it.each([
    ['app ls', {}, {}],
    ['app ls', {NO_COLOR: '1', FORCE_COLOR: '1'}, NONE],
    ['app ls', {NO_COLOR: ''}, {}],
    ['app ls', {FORCE_COLOR: '1'}, {}],
    ['app ls', {FORCE_COLOR: '3'}, {FORCE_COLOR: '1'}],
    ['app ls --color never', {FORCE_COLOR: '1'}, NONE],
    ['app ls --color=always', {NO_COLOR: '1'}, FORCED],
    ['app ls --color auto', {NO_COLOR: '1'}, NONE],
    ['app ls --color always --color never', {}, NONE],
    ['complete -- app ls --color always', {}, {}],
    ['app ls --color', {}, {}],
  ])('%s with %j', (line, environment, expected) => {
    expect(colorEnvironment(line.split(' '), environment)).toEqual(expected);
  });
});
