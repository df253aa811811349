/** Prometheus's own tool. */
import {spawnSync} from 'node:child_process';

/** Exit code and all output. */
export function promtool(
  args: readonly string[],
  input?: string,
): {readonly code: number | null; readonly output: string} {
  const {status, stdout, stderr} = spawnSync('promtool', args, {input, encoding: 'utf8'});
  return {code: status, output: `${stdout}${stderr}`};
}
