/** Files of `sm shard add -f`. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {readShardFile} from '../../src/cli/shard-file.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('shard-file');
const file = join(folder, 'shards.jsonl');

it('takes an id or an object a line, and leaves out empty lines and comments', async () => {
  writeFileSync(file, '# mine\neu-1\n\n{"shardId": "eu-2", "task": "t"}\n');
  expect(await readShardFile(file)).toEqual([{shardId: 'eu-1'}, {shardId: 'eu-2', task: 't'}]);
});

it.each([
  ['{"id": "eu-2"}', 'shardId is missing or no text'],
  ['{"shardId": 2}', 'shardId is missing or no text'],
  ['{"shardId": "eu-2"', 'no JSON object'],
])('names the line of %s', async (line, why) => {
  writeFileSync(file, `eu-1\n${line}\n`);
  await expect(readShardFile(file)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: `${file}:2: ${why}`,
    hint: 'as {"shardId": "eu-1", "task": "..."}',
  });
});
