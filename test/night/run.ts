/**
 * `npm run night [-- WORDS]`: makes each fault of an operator's night on real processes and asks by five ways, until each names cause and fix or 60 s are over.
 * Writes the table into docs/operating.md; exits 1 when something was not named. WORDS: makes only the faults that
 * have one of them in their names, and writes no table; names are in that table.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {startEtcd} from '../support/etcd-process.ts';
import {misused, scriptWords} from '../support/script-options.ts';
import {pause} from '../support/until.ts';
import {NightContainers, NightDaemon} from './bed.ts';
import {appFaults} from './rows.ts';
import {STORE_NIGHTS} from './store-rows.ts';
import {WAYS, WITHIN_MS, isWhole, checked, tableText} from './table.ts';
import type {NightRow, Row, Seen, Way} from './table.ts';

const DOCUMENT = 'docs/operating.md';
const [BEGIN, END] = ['<!-- night: begin -->', '<!-- night: end -->'];
const ASK_EVERY_MS = 1_000;

const FILE = import.meta.filename;
const wanted = scriptWords(FILE);
const isWanted = (fault: string): boolean =>
  wanted.length === 0 || wanted.some((word) => fault.includes(word));

const rows: NightRow[] = [];

async function askUntilNamed(row: Row): Promise<void> {
  const seen = await Promise.all(WAYS.map((way) => askOne(row, way)));
  rows.push({fault: row.fault, row, seen: seen.flat()});
  for (const {way, named, afterMs, text} of seen.flat())
    process.stdout.write(
      `${named ? 'ok  ' : 'FAIL'} ${row.fault} / ${way} after ${Math.round(afterMs / 1_000)} s${named ? '' : `: ${text}`}\n`,
    );
}

async function askOne(row: Row, way: Way): Promise<Seen[]> {
  const question = row[way];
  if ('byRights' in question) return [];
  const startedMs = performance.now();
  for (;;) {
    const answer = await question.ask().catch((error: unknown) => String(error));
    const afterMs = performance.now() - startedMs;
    const found = checked(answer, question);
    if (found.named || afterMs > WITHIN_MS) return [{way, ...found, afterMs}];
    await pause(ASK_EVERY_MS);
  }
}

/** A fault that cannot be made is a row of its own, and the night goes on. */
async function goingOn(fault: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    rows.push({fault, notMade: String(error)});
    process.stdout.write(`FAIL ${fault}: ${String(error)}\n`);
  }
}

async function nightOfApps(): Promise<void> {
  const etcd = await startEtcd({kind: 'etcd'});
  const config = [`endpoints: ["${etcd.endpoint}"]`];
  const second = await NightDaemon.start({config});
  const daemon = await NightDaemon.start({config, others: [second.url]});
  const containers = new NightContainers({endpoint: etcd.endpoint, admin: daemon.admin});
  try {
    // One after the other: each answer is a process, and would wait for the others'.
    for (const {row, prepare, strike} of appFaults(daemon, containers)) {
      if (!isWanted(row.fault)) continue;
      await goingOn(row.fault, async () => {
        await prepare();
        await strike();
        await askUntilNamed(row);
      });
      containers.endCrashLoops();
    }
  } finally {
    await containers.stop();
    await Promise.all([daemon.end(), second.end()]);
    await etcd.stop();
  }
}

function publish(): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${tableText(rows)}\n${END}${after}`);
}

await nightOfApps();
for (const {fault, run} of STORE_NIGHTS)
  if (isWanted(fault)) await goingOn(fault, () => run(askUntilNamed));
if (rows.length === 0) misused(FILE, `no fault has ${wanted.join(' or ')} in its name`);
if (!rows.every(isWhole)) process.exitCode = 1;
process.stdout.write(`\n${tableText(rows)}\n`);
if (wanted.length === 0) publish();
process.exit();
