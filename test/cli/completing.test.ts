/** What `sm complete` proposes, from the words as they stand in the line. */
import {describe, expect, it} from 'vitest';
import Complete from '../../src/commands/complete.ts';
import {runCommand} from '../support/run-command.ts';

const ANSWERS = {
  'get-spec': () => ({services: ['orders', 'other']}),
  'get-containers': () => ({containers: [{id: 'orders'}, {id: 'orders-1'}], revision: '1'}),
};

async function proposed(...words: readonly string[]): Promise<string[]> {
  const {stdout} = await runCommand(Complete, ['--', ...words], ANSWERS);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('the words of a line', () => {
  it('may be two dashes, behind which all flags are proposed', async () => {
    expect(await proposed('app', 'ls', '--')).toContain('--watch');
  });

  it('keep their order, also where one of them comes again', async () => {
    const line = ['container', 'drain', '-a', 'orders', 'orders'];
    expect(await proposed(...line)).toEqual(['orders', 'orders-1']);
    expect(await proposed('plan', '-a', 'orders', '--without', 'orders')).toEqual([
      'orders',
      'orders-1',
    ]);
  });
});

describe('commands', () => {
  it('are known by their other names, too', async () => {
    expect(await proposed('app', 'list', '--wat')).toEqual(['--watch']);
  });

  it('and topics are proposed for help', async () => {
    expect(await proposed('help', 'exi')).toEqual(['exit-codes']);
    expect(await proposed('help', 'sh')).toEqual(['shard']);
    expect(await proposed('help', 'shard', 'lo')).toEqual(['locate']);
  });
});
