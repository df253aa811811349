/** Owners of shards over time as a picture, with the faults drawn in: one row a shard, one colour a container process. */
import type {FaultDone} from './conductor.ts';
import type {TermShown} from './messages.ts';
import type {Overlap} from './verdict.ts';

export interface TimelineFacts {
  readonly title: string;
  readonly terms: readonly TermShown[];
  readonly faults: readonly FaultDone[];
  readonly overlaps: readonly Overlap[];
  /** Rows at most; what breaks a rule is always among them. */
  readonly rows: number;
}

const WIDTH = 1_600;
const LEFT = 90;
const ROW = 9;
const FAULT_ROW = 8;
const TOP = 24;

export function timelineSvg({title, terms, faults, overlaps, rows}: TimelineFacts): string {
  const stamps = [
    ...terms.flatMap(({fromUs, toUs}) => [fromUs, toUs]),
    ...faults.flatMap(({fromUs, toUs}) => [fromUs, toUs]),
  ];
  const startUs = stamps.reduce((least, stamp) => Math.min(least, stamp), Number.POSITIVE_INFINITY);
  const endUs = stamps.reduce((most, stamp) => Math.max(most, stamp), startUs + 1);
  const x = (us: number): number =>
    LEFT + ((us - startUs) / (endUs - startUs)) * (WIDTH - LEFT - 10);
  const lanes = [...new Set(faults.map(({nemesis}) => nemesis))].sort();
  const shards = chosen(terms, overlaps, rows);
  const faultsTop = TOP + 14;
  const shardsTop = faultsTop + lanes.length * FAULT_ROW + 10;
  const height = shardsTop + shards.length * ROW + 10;
  const owners = [...new Set(terms.map(({owner}) => processOf(owner)))].sort();
  const colour = new Map(
    owners.map((owner, index) => [
      owner,
      `hsl(${Math.round((360 * index) / owners.length)} 60% 55%)`,
    ]),
  );
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="7">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="4" y="14" font-size="11">${escaped(title)}</text>`,
    ...minutes(startUs, endUs, x, height),
  ];
  lanes.forEach((lane, index) => {
    const y = faultsTop + index * FAULT_ROW;
    parts.push(`<text x="2" y="${y + 6}">${escaped(lane.slice(0, 20))}</text>`);
    for (const fault of faults.filter(({nemesis}) => nemesis === lane)) {
      const from = x(fault.fromUs);
      const wide = Math.max(1, x(fault.toUs) - from).toFixed(1);
      parts.push(
        `<rect x="${from.toFixed(1)}" y="${y}" width="${wide}" height="6" fill="#c33"><title>${escaped(fault.text)}</title></rect>`,
      );
      if (fault.targets.includes('all'))
        parts.push(
          `<rect x="${from.toFixed(1)}" y="${shardsTop}" width="${wide}" height="${shards.length * ROW}" fill="#c33" opacity="0.06"/>`,
        );
    }
  });
  shards.forEach((shard, index) => {
    const y = shardsTop + index * ROW;
    parts.push(`<text x="2" y="${y + 7}">${escaped(shard)}</text>`);
    for (const {owner, token, fromUs, toUs} of terms.filter((term) => term.shard === shard)) {
      const fill = colour.get(processOf(owner)) ?? '#888';
      const from = x(fromUs);
      const words = `${owner} token ${token.slice(-10)}`;
      parts.push(
        `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(0.5, x(toUs) - from).toFixed(1)}" height="${ROW - 2}" fill="${fill}"><title>${escaped(words)}</title></rect>`,
      );
    }
    for (const overlap of overlaps.filter((one) => one.shard === shard))
      parts.push(
        `<circle cx="${x(overlap.atUs).toFixed(1)}" cy="${y + 3}" r="5" fill="none" stroke="#000" stroke-width="2"/>`,
      );
  });
  return `${[...parts, '</svg>'].join('\n')}\n`;
}

/** Of each app the first ones, and every shard that broke a rule. */
function chosen(terms: readonly TermShown[], overlaps: readonly Overlap[], rows: number): string[] {
  const shards = [...new Set(terms.map(({shard}) => shard))].sort();
  const apps = [...new Set(shards.map((shard) => shard.split('/')[0] ?? ''))];
  const each = Math.ceil(rows / Math.max(1, apps.length));
  const first = apps.flatMap((app) =>
    shards.filter((shard) => shard.startsWith(`${app}/`)).slice(0, each),
  );
  return [...new Set([...overlaps.map(({shard}) => shard), ...first])].sort();
}

function minutes(
  startUs: number,
  endUs: number,
  x: (us: number) => number,
  height: number,
): string[] {
  const lines: string[] = [];
  for (let at = startUs, minute = 0; at < endUs; at += 60_000_000, minute += 1) {
    const to = x(at).toFixed(1);
    lines.push(
      `<line x1="${to}" y1="${TOP}" x2="${to}" y2="${height}" stroke="#ccc" stroke-width="0.5"/>`,
    );
    lines.push(`<text x="${to}" y="${TOP + 8}">${minute} min</text>`);
  }
  return lines;
}

function processOf(owner: string): string {
  return /@([^#]+)/.exec(owner)?.[1] ?? owner;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
