/**
 * npm run fuzz -- --minutes M [--target http|receiver|store|cli|config|values] [--seed S] [--cases N] [--replay FILE]:
 * hostile input for everything that reads input. Exit code 1 at a fault; its case is a file, which --replay runs again.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Campaign, faultIn} from './campaign.ts';
import type {CampaignResult} from './campaign.ts';
import type {FuzzTarget, Json} from './target.ts';
import {TARGETS} from './targets.ts';
import {scriptOptions} from '../support/script-options.ts';

const values = scriptOptions(import.meta.filename, {
  minutes: {type: 'string', default: '1'},
  target: {type: 'string'},
  seed: {type: 'string'},
  cases: {type: 'string'},
  replay: {type: 'string'},
  failures: {type: 'string', default: join('.tmp', 'fuzz')},
});

const LIMIT_CASES = 2 ** 31;
const MEBIBYTE = 1024 ** 2;

async function replay(file: string): Promise<boolean> {
  const {target: name, input} = JSON.parse(readFileSync(file, 'utf8')) as {
    target: string;
    input: Json;
  };
  const factory = TARGETS.find((one) => one.name === name);
  if (factory === undefined) throw new Error(`${file} is of no known target: ${name}`);
  const target = await factory.open();
  const fault = (await faultIn(target, input)) ?? (await target.verify());
  await target.close();
  console.log(fault === undefined ? `${file}: no fault` : `${file}: ${fault}`);
  return fault === undefined;
}

function report(target: FuzzTarget, result: CampaignResult): void {
  const {cases, seconds, cpuSeconds, growthBytes, fault, file} = result;
  const growth = (growthBytes / MEBIBYTE).toFixed(1);
  const perCpu = target.width === 1 ? `, ${Math.round(cases / cpuSeconds)} per CPU second` : '';
  const rate = Math.round(cases / seconds);
  console.log(
    `${target.name.padEnd(14)} ${String(cases).padStart(9)} cases, ${rate}/s${perCpu}, memory ${growth} MB`,
  );
  const kinds = [...target.counts].sort(([, a], [, b]) => b - a).slice(0, 12);
  console.log(`  ${kinds.map(([kind, number]) => `${kind} ${number}`).join(', ')}`);
  if (fault === undefined) return;
  console.log(`  FAULT: ${fault}`);
  if (file !== undefined) console.log(`  again: npm run fuzz -- --replay ${file}`);
}

async function campaigns(): Promise<boolean> {
  const wanted = values.target?.split(',');
  const chosen = TARGETS.filter(
    ({name, group}) => wanted === undefined || wanted.includes(group) || wanted.includes(name),
  );
  if (chosen.length === 0) throw new Error(`no target ${values.target}`);
  const seed = Number(values.seed ?? Math.floor(Date.now() / 1_000));
  const weights = chosen.reduce((sum, {weight}) => sum + weight, 0);
  let total = 0;
  let good = true;
  console.log(`seed ${seed}`);
  for (const factory of chosen) {
    const target = await factory.open();
    const limitMs = (Number(values.minutes) * 60_000 * factory.weight) / weights;
    const limitCases = Number(values.cases ?? LIMIT_CASES);
    const result = await new Campaign(target, {
      ...{seed, limitMs, limitCases},
      failures: values.failures,
    }).run();
    report(target, result);
    total += result.cases;
    good &&= result.fault === undefined;
    await target.close();
  }
  console.log(`${total} cases, ${good ? 'no fault' : 'FAULTS'}`);
  return good;
}

const good = values.replay === undefined ? await campaigns() : await replay(values.replay);
process.exit(good ? 0 : 1);
