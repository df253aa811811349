/** What happens in `sm dev`, in words for people. */
import {basename, isAbsolute, relative} from 'node:path';
import {firstOf} from '../model/and-more.ts';
import {counted} from '../model/counted.ts';
import type {DevEvent} from './events.ts';
import type {Verdict} from './verdict.ts';
import {DEMO_TTL_MS, SHARDS_NAMED} from './limits.ts';

export interface Invocation {
  /** How this program was called: as commands that are shown must begin. */
  readonly program: string;
  readonly defaultServer: string;
}

/** The program as one would type it in this folder. */
export function programName(script: string, folder: string): string {
  if (basename(script) !== 'run.js') return basename(script);
  const near = relative(folder, script);
  const path = near.startsWith('..') || isAbsolute(near) ? script : near;
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

export class Lines {
  private readonly place: Invocation;
  private server = '';
  private firstAfterMs: number | undefined;

  constructor(place: Invocation) {
    this.place = place;
  }

  of(event: DevEvent): string[] {
    switch (event.event) {
      case 'listening':
        return this.listening(event);
      case 'placed':
        return this.placed(event);
      case 'firstPlaced':
        this.firstAfterMs = event.afterMs;
        return [];
      case 'moved':
        return [moved(event)];
      case 'containerEnded':
        return [containerEnded(event)];
      case 'chaos':
        return [chaos(event)];
      case 'chaosOver':
        return [`chaos: ${event.container} ${AFTER[event.action]}`];
      case 'twoOwners': {
        const {shard, older, newer, overlapMs} = event.breach;
        return [
          `TWO OWNERS of ${shard}: ${older.owner} still acted ${overlapMs.toFixed(1)} ms after ${newer.owner} had begun`,
        ];
      }
      case 'shardsStay': {
        const {app, shards, why} = event;
        const fix = `${this.place.program} app rm ${app} --force`;
        return [
          `app ${app} keeps ${counted(shards, 'shard')} that nobody serves: ${why}; fix: ${fix}`,
        ];
      }
      case 'verdict':
        return [verdictLine(event.verdict)];
    }
  }

  private listening({server, store, taken}: Extract<DevEvent, {event: 'listening'}>): string[] {
    this.server = server;
    const notes = taken.map((port) => `port ${port} is taken: another one was chosen`);
    return [
      ...notes,
      `admin API at ${server} (readable at ${server}/swagger), store at ${store} (speaks etcd v3); all in memory`,
    ];
  }

  private placed({shards, containers, afterMs}: Extract<DevEvent, {event: 'placed'}>): string[] {
    const {program, defaultServer} = this.place;
    const where = this.server === defaultServer ? '' : ` --server ${this.server}`;
    const [first, second = first] = containers;
    const firstAfter = seconds(this.firstAfterMs ?? afterMs);
    return [
      `app demo: ${counted(shards, 'shard')} on ${counted(containers.length, 'container')}, ${seconds(afterMs)} s after the start (the first after ${firstAfter} s)`,
      'try in a second terminal:',
      `  ${program} shard ls -a demo${where}`,
      `  ${program} container drain -a demo ${first?.id ?? 'demo-1'}${where}`,
      `  kill -9 ${second?.pid ?? 0}   # ${second?.id ?? ''} dies: in ${DEMO_TTL_MS / 1000} s its shards run elsewhere`,
      'Ctrl-C stops all of it and leaves nothing behind',
    ];
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

const AFTER = {
  kill: 'is started again',
  pause: 'goes on',
  drain: 'takes shards again',
} as const;

function chaos({action, container, ...of}: Extract<DevEvent, {event: 'chaos'}>): string {
  if (action === 'pause')
    return `chaos: ${container} is stopped for ${seconds(of.forMs ?? 0)} s (T is ${(of.ttlMs ?? 0) / 1000} s)`;
  return `chaos: ${container} is ${action === 'kill' ? 'killed' : 'drained'}`;
}

function containerEnded({
  container,
  how,
  why,
  again,
}: Extract<DevEvent, {event: 'containerEnded'}>): string {
  const reason = why === '' ? how : `${how}: ${why}`;
  return `${container} has ended (${reason})${again ? ', and is started again' : ''}`;
}

function moved({shards, from, to}: Extract<DevEvent, {event: 'moved'}>): string {
  const named = firstOf(shards, SHARDS_NAMED, ' ');
  return from === '' ? `${to} runs ${named}` : `${from} -> ${to}: ${named}`;
}

function verdictLine(verdict: Verdict): string {
  const {twoOwners, breachCount, passes, refusals, terms, shards} = verdict;
  if (passes === 0 && refusals === 0)
    return 'two owners at once: not known, as no container has acted for a shard yet';
  const said = twoOwners ? `YES, ${breachCount} times` : 'never';
  return `two owners at once: ${said} (${counted(shards, 'shard')}, ${terms} terms of ownership, ${passes} effects passed their guard, ${refusals} refused)`;
}
