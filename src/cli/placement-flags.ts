/** The placement policy of an app, from a file. */
import {Flags} from '@oclif/core';
import {SmError} from '../model/errors.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {readTextInput} from './text-input.ts';

export const placementFlag = Flags.string({
  description:
    'file with the placement policy, YAML or JSON; - for stdin; {} in it: all by default (sm explain apps.placement)',
});

/** undefined when no file is given. @throws SmError INVALID_CONFIG with file:line:column. */
export async function readPlacement(
  path: string | undefined,
): Promise<{placement?: PlacementPolicy}> {
  if (path === undefined) return {};
  const {parsePlacement} = await import('../config/apps-file.ts');
  return {placement: parsePlacement(path === '-' ? 'stdin' : path, await read(path)) ?? {}};
}

async function read(path: string): Promise<string> {
  try {
    return await readTextInput(path);
  } catch (error) {
    if (error instanceof SmError) throw error;
    throw new SmError('INVALID_INPUT', `${path} cannot be read`, {
      hint: 'check the path',
      cause: error,
    });
  }
}
