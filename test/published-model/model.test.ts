/** The published model, at bounds that take seconds; `npm run model` has the others. */
import {describe, expect, it} from 'vitest';
import {MODEL_CASES} from '../../scripts/model/cases.ts';
import {check, findSpin} from '../../scripts/model/checker.ts';

const spin = await findSpin();

const title =
  spin === undefined
    ? 'the published model (skipped: no spin or no gcc; `npm run model` fetches spin or says how to get it)'
    : 'the published model';

describe.skipIf(spin === undefined)(title, () => {
  it.each(MODEL_CASES.filter(({tiny}) => tiny === true))(
    '$name: $expected',
    async (modelCase) => {
      const {result, states} = await check(spin ?? '', modelCase);
      expect(result).toBe(modelCase.expected);
      expect(states).toBeGreaterThan(1_000);
    },
    400_000,
  );
});
