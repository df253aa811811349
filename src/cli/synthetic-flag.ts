/** The kind of a made-up trace. */
import {Flags} from '@oclif/core';
import {SYNTHETIC_KINDS, SYNTHETIC_NAMES} from '../simulator/synthetic-kinds.ts';

const KINDS = SYNTHETIC_NAMES.map((name) => `${name}: ${SYNTHETIC_KINDS[name].summary}`);

export const syntheticFlag = Flags.string({
  description: `a made-up trace instead of a recorded one. ${KINDS.join('. ')}`,
  options: [...SYNTHETIC_NAMES],
  exactlyOne: ['trace', 'synthetic'],
});
