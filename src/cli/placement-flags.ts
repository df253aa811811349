/** The placement policy of an app, from a file. */
import {Flags} from '@oclif/core';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {readNamedInput} from './text-input.ts';

export const placementFlag = Flags.string({
  description:
    'file with the placement policy, YAML or JSON; -: stdin; a file with {} resets everything to the defaults (sm explain apps.placement)',
});

/** undefined when no file is given. @throws SmError INVALID_CONFIG with file:line:column. */
export async function readPlacement(
  path: string | undefined,
): Promise<{placement?: PlacementPolicy}> {
  if (path === undefined) return {};
  const {parsePlacement} = await import('../config/apps-file.ts');
  return {
    placement: parsePlacement(path === '-' ? 'stdin' : path, await readNamedInput(path)) ?? {},
  };
}
