/** `npm run picture`: docs/top.svg, from real frames of `sm top` while a container is killed. Needs etcd and tmux. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Tmux} from '../test/support/tmux.ts';
import {pause, until} from '../test/support/until.ts';
import {DemoBed} from './demo-bed.ts';
import {terminalSvg} from './terminal-svg.ts';
import type {TimedFrame} from './terminal-svg.ts';

const APP = 'orders';
const TTL_MS = 5_000;
const SHARDS = 24;
const COLUMNS = 100;
const ROWS = 24;
const LIMIT_MS = 60_000;
/** One frame a second is enough to see what happens. */
const FRAME_MS = 1_000;
const FRAMES_MOST = 16;
const REST_MS = 3_000;
const BYTES_MOST = 100_000;
const BIN = join(import.meta.dirname, '..', 'bin', 'run.js');
const TARGET = join(import.meta.dirname, '..', 'docs', 'top.svg');

async function main(): Promise<void> {
  const bed = await DemoBed.start({app: APP, ttlMs: TTL_MS});
  const folder = mkdtempSync(join(tmpdir(), 'sm-picture-'));
  const env = {SM_SERVER: bed.server};
  const tmux = await Tmux.start({columns: COLUMNS, rows: ROWS, folder, env});
  try {
    await bed.sm('app', 'create', APP, '--max-recovery-time', '0');
    for (const id of ['orders-1', 'orders-2', 'orders-3', 'orders-4']) await bed.startContainer(id);
    await bed.sm('shard', 'add', '-a', APP, '--count', String(SHARDS), '--prefix', 's');
    await bed.untilReady();
    await tmux.enter(`'${process.execPath}' '${BIN}' top`);
    await until(async () => shows(await tmux.screen(), /LIVE [^]*READY/), LIMIT_MS, 'top draws');
    const frames = await recorded(bed, tmux);
    const svg = terminalSvg(frames, COLUMNS, ROWS, 'sm top while a container is killed');
    if (svg.length > BYTES_MOST) throw new Error(`${svg.length} bytes are too many for a page`);
    writeFileSync(TARGET, svg);
    console.log(`docs/top.svg: ${frames.length} frames, ${svg.length} bytes`);
  } finally {
    await tmux.kill();
    await bed.stop();
    rmSync(folder, {recursive: true, force: true});
  }
}

const shows = (screen: string, wanted: RegExp): boolean => wanted.test(screen);

/** From all well over the kill to all well again. */
async function recorded(bed: DemoBed, tmux: Tmux): Promise<TimedFrame[]> {
  const frames: TimedFrame[] = [{text: await tmux.colours(), forMs: REST_MS}];
  await bed.killContainer('orders-2');
  let missed = false;
  while (frames.length < FRAMES_MOST) {
    await pause(FRAME_MS);
    const text = await tmux.colours();
    const trouble = shows(text, /SUSPECT|SILENT|LOST/);
    missed ||= trouble;
    const last = missed && !trouble;
    frames.push({text, forMs: last ? REST_MS : FRAME_MS});
    if (last) return frames;
  }
  if (!missed) throw new Error('the killed container was never missed');
  return frames;
}

await main();
