/**
 * A store that writes until it is killed: `PATH NOTES SEED`. Notes, in order, each written before it goes on: `asked KIND BYTES` and
 * `answered NUMBER REVISION`. Now and then its disk is slow, and its loop stands still.
 */
import {openSync, writeSync} from 'node:fs';
import {EtcdFailure} from '../../../src/embedded/failures.ts';
import {wire} from '../../../src/embedded/wire.ts';
import {fileDisk} from '../../../src/embedded/write-ahead-log.ts';
import {Random} from '../../simulation/random.ts';
import {DiskStore} from '../disk-store.ts';
import {anyCommand} from './commands.ts';

const CLIENTS = 8;
const SLOW_SYNC_MS = 40;
const STANDSTILL_MS = 30;

const [path = '', notes = '', seed = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const notesFile = openSync(notes, 'a');
let asked = 0;

const store = await DiskStore.open(path, {
  snapshotBytes: random.whole(2_000, 40_000),
  disk: {...fileDisk, sync: slowSync},
});

async function slowSync(fd: number): Promise<void> {
  if (random.chance(0.05))
    await new Promise((resolve) => setTimeout(resolve, random.between(0, SLOW_SYNC_MS)));
  await fileDisk.sync(fd);
}

function note(line: string): void {
  writeSync(notesFile, `${line}\n`);
}

async function client(): Promise<never> {
  for (;;) {
    const command = anyCommand(random, store.machine.keys.revision);
    const bytes = wire().encode(command.kind, command.request);
    note(`asked ${command.kind} ${bytes.toString('base64')}`);
    const number = asked++;
    try {
      const reply = await store.submit(command);
      note(`answered ${number} ${reply.header.revision ?? 0}`);
      if (command.kind === 'compact') void store.sweeper.sweep();
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      note(`answered ${number} 0`);
    }
    if (random.chance(0.005))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL_MS);
  }
}

process.stdout.write('open\n');
await Promise.all(Array.from({length: CLIENTS}, client));
