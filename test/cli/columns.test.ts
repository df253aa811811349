/** Text for people is cut and padded by the columns that it takes on a terminal, not by its letters. */
import stringWidth from 'string-width';
import {describe, expect, it} from 'vitest';
import {renderList} from '../../src/cli/output.ts';
import {Progress} from '../../src/cli/progress.ts';
import {gate} from '../../src/runtime/gate.ts';
import {simulate} from '../../src/cli/simulating.ts';
import {simulationLines} from '../../src/cli/simulation-lines.ts';

const WIDE = '容器漢字😀';

/** The column in which each line has its last word. */
function lastWordAt(lines: readonly string[], word: RegExp): number[] {
  return lines.map((line) => stringWidth(line.slice(0, line.search(word))));
}

describe('a line of progress', () => {
  const draw = async (text: string, columns: number): Promise<string> => {
    const first = gate<string>();
    const stream = {write: (part: string) => first.resolve(part), isTTY: true, columns};
    const progress = new Progress(stream, () => 0);
    progress.update({text, done: 1, total: 3});
    const line = await first.promise;
    progress.stop();
    return line.replace('\r\u001b[2K', '');
  };

  it.each([20, 21, 79, 80])('never fills a terminal of %i columns', async (columns) => {
    const line = await draw(`waiting for ${WIDE.repeat(20)}`, columns);
    expect(stringWidth(line)).toBeLessThan(columns);
    expect(stringWidth(line)).toBeGreaterThanOrEqual(columns - 2);
    expect(line).toMatch(/^1 of 3: wai.*…$/u);
  });

  it('stays whole where there is room', async () => {
    expect(await draw(`waiting for ${WIDE}`, 80)).toBe(`1 of 3: waiting for ${WIDE}`);
  });
});

it('a table has its columns below each other', async () => {
  const items = ['c-1', WIDE, 'e\u0301'].map((id) => ({id}));
  const columns = [
    {header: 'ID', value: ({id}: {id: string}) => id},
    {header: 'STATE', value: () => 'READY'},
  ];
  const text = await renderList({kind: 'x', items, name: ({id}) => id, columns}, 'table');
  const lines = text.trimEnd().split('\n');
  expect(new Set(lastWordAt(lines, /STATE|READY/))).toEqual(new Set([stringWidth(WIDE) + 2]));
});

it('figures of simulations end below the names of their files', async () => {
  const {runs, trace} = await simulate({
    ...{files: [], compare: undefined, app: undefined, times: {}},
    trace: {kind: 'partitions', seed: 1, containers: 2},
    onProgress: () => undefined,
  });
  const named = runs.map((run) => ({...run, name: `${WIDE.repeat(4)}.yml`}));
  const [, head = '', first = ''] = simulationLines({app: trace.app, trace, runs: named});
  expect(head).toContain(WIDE);
  expect(stringWidth(first)).toBe(stringWidth(head));
});
