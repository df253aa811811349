/** The table that the planner's bench prints. */

export interface Line {
  /** Row of the goals. */
  readonly row: number;
  readonly what: string;
  /** Who did it: the planner or a baseline. */
  readonly way: string;
  readonly seen: string;
  /** '' where there is no goal: for baselines. */
  readonly aim: string;
  readonly met: boolean | undefined;
}

export type Print = (line: Line) => void;

export const PLANNER = 'sm';

/** Of the planner, against its aim. */
export function ours(row: number, what: string, seen: string, aim: string, met: boolean): Line {
  return {row, what, way: PLANNER, seen, aim, met};
}

export function theirs(row: number, what: string, way: string, seen: string): Line {
  return {row, what, way, seen, aim: '', met: undefined};
}

export function printHead(): void {
  console.log('| row | what | way | seen | aim | |\n| --- | --- | --- | --- | --- | --- |');
}

export const printLine: Print = ({row, what, way, seen, aim, met}) => {
  const verdict = met === undefined ? '' : met ? 'met' : 'missed';
  console.log(`| ${row} | ${what} | ${way} | ${seen} | ${aim} | ${verdict} |`);
};
