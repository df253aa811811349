import {expect, it} from 'vitest';
import {faultsOf, withFault} from './faults.ts';

const SOURCE = `import {a} from './a.ts';
function f(x: number | undefined): boolean {
  if (x === undefined) return false;
  a.note('x' + x);
  return !(x < 3) && x > 1;
}
`;

function changed(): string[] {
  return faultsOf('f.ts', SOURCE).map((fault) => withFault(SOURCE, fault));
}

it('turns comparisons and conditions, leaves steps out, and answers the opposite', () => {
  const lines = changed().map((source) => {
    const before = SOURCE.split('\n');
    return source.split('\n').find((line, at) => line !== before[at]);
  });
  expect(lines).toEqual([
    '  if (true) return false;',
    '  if (false) return false;',
    '  if (x !== undefined) return false;',
    '  if (x === undefined) return true;',
    '  ;',
    '  return !(x < 3) || x > 1;',
    '  return (x < 3) && x > 1;',
    '  return !(x <= 3) && x > 1;',
    '  return !(x < 3) && x >= 1;',
  ]);
});

it('names the line and what is changed there', () => {
  expect(faultsOf('f.ts', SOURCE).map(({name}) => name)).toContain(
    '3: === is now !==: x === undefined',
  );
});
