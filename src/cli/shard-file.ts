import {SmError} from '../model/errors.ts';
import type {AddShardItem} from '../protocol/admin.ts';
import {readNamedInput} from './text-input.ts';

/** Items of a file with an id or a JSON object a line. @throws SmError INVALID_INPUT with file:line. */
export async function readShardFile(path: string): Promise<AddShardItem[]> {
  const lines = (await readNamedInput(path)).split('\n');
  const items: AddShardItem[] = [];
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    items.push(
      trimmed.startsWith('{') ? parseItem(trimmed, `${path}:${index + 1}`) : {shardId: trimmed},
    );
  }
  return items;
}

function parseItem(line: string, place: string): AddShardItem {
  const hint = 'as {"shardId": "eu-1", "task": "..."}';
  let item: AddShardItem;
  try {
    item = JSON.parse(line) as AddShardItem;
  } catch (error) {
    throw new SmError('INVALID_INPUT', `${place}: no JSON object`, {hint, cause: error});
  }
  // Without an id the daemon's answer could not say which line it means.
  if (typeof item.shardId === 'string') return item;
  throw new SmError('INVALID_INPUT', `${place}: shardId is missing or no text`, {hint});
}
