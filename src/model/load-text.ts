/** Loads in few characters. Pure. */

const STEPS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** As 12, 4.1k, 1.25M: three digits. */
export function loadText(load: number): string {
  const [size, unit] = STEPS.find(([least]) => load >= least) ?? [1, ''];
  return `${Number((load / size).toPrecision(3))}${unit}`;
}

/** As `qps 12, bytes 4.1k`; '' without loads. */
export function loadsText(loads: Readonly<Record<string, number>>): string {
  return Object.entries(loads)
    .map(([metric, load]) => `${metric} ${loadText(load)}`)
    .join(', ');
}

/** As `qps 101 (1.96x)`: what is borne, and as a multiple of the share. */
export function ratiosText(
  loads: Readonly<Record<string, number>>,
  ratios: Readonly<Record<string, number>>,
): string {
  return Object.entries(loads)
    .map(([metric, load]) => `${metric} ${loadText(load)} (${(ratios[metric] ?? 0).toFixed(2)}x)`)
    .join(', ');
}

/** The metric that is furthest above its share, and how far; undefined without loads. */
export function highestRatio(
  ratios: Readonly<Record<string, number>>,
): readonly [metric: string, ratio: number] | undefined {
  return Object.entries(ratios).sort(([, a], [, b]) => b - a)[0];
}
