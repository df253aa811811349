/** The result of the model as text. */
import {availableParallelism} from 'node:os';
import type {ModelCase} from './cases.ts';
import type {Checked} from './checker.ts';

/** Its steps are part of what is published. */
const TOLD_IN_FULL = /^V\d without/;

/** States and transitions do not depend on the machine, seconds do. */
export function whenceLine(command: string, version: string): string {
  return `${command}, ${version}, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores`;
}

export function headLine(): string {
  return `${'case'.padEnd(52)}${'result'.padEnd(10)}${'states'.padStart(12)}${'transitions'.padStart(13)}${'depth'.padStart(7)}${'seconds'.padStart(9)}`;
}

export function caseLine({name}: ModelCase, checked: Checked): string {
  const {result, states, transitions, depth, seconds} = checked;
  const figures = [
    states.toLocaleString('en').padStart(12),
    transitions.toLocaleString('en').padStart(13),
    String(depth).padStart(7),
    seconds.toFixed(1).padStart(9),
  ];
  const said = result === 'holds' ? 'holds' : `breaks ${result}`;
  return name.padEnd(52) + said.padEnd(10) + figures.join('');
}

/** Empty where the steps are of no interest. */
export function stepLines({name, constants}: ModelCase, {steps}: Checked): string[] {
  if (!TOLD_IN_FULL.test(name)) return [];
  const set = Object.entries(constants).map(([constant, value]) => `${constant}=${value}`);
  return ['', `${name} (${set.join(' ')}):`, ...steps.map((step, at) => `${at + 1}. ${step}`)];
}
