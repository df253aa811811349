import {describe, expect, it} from 'vitest';
import {EndpointRotation} from '../../src/etcd/endpoint-rotation.ts';

/** A rotation over so many endpoints whose time is `at.ms`. */
function rotationOf(count: number): {rotation: EndpointRotation; at: {ms: number}} {
  const at = {ms: 0};
  return {rotation: new EndpointRotation(count, () => at.ms), at};
}

describe('the rotation of endpoints', () => {
  it('stays where it is while nothing fails, and goes on by one at a failure', () => {
    const {rotation} = rotationOf(3);
    expect(rotation.current).toBe(0);
    rotation.failed(0, false);
    expect(rotation.current).toBe(1);
    rotation.failed(1, false);
    rotation.failed(2, false);
    expect(rotation.current).toBe(0);
  });

  it('takes no notice of an endpoint that it has left already: two calls that fail together are one step', () => {
    const {rotation} = rotationOf(3);
    rotation.failed(0, false);
    rotation.failed(0, false);
    expect(rotation.current).toBe(1);
  });

  it('passes over an endpoint that could not be connected to for a second', () => {
    const {rotation, at} = rotationOf(3);
    rotation.failed(0, true);
    rotation.failed(1, false);
    rotation.failed(2, false);
    expect(rotation.current).toBe(1);
    at.ms = 1_000;
    rotation.failed(1, false);
    rotation.failed(2, false);
    expect(rotation.current).toBe(0);
  });

  it('goes on in turn where nobody can be connected to', () => {
    const {rotation} = rotationOf(2);
    rotation.failed(0, true);
    rotation.failed(1, true);
    expect(rotation.current).toBe(0);
    rotation.failed(0, true);
    expect(rotation.current).toBe(1);
  });

  it('has no other choice with one endpoint', () => {
    const {rotation} = rotationOf(1);
    rotation.failed(0, true);
    expect(rotation.current).toBe(0);
  });
});
