/** Starts oclif; whatever goes wrong outside a command ends here in our form. */
import {fileURLToPath} from 'node:url';
import {Config, flush, run} from '@oclif/core';
import {reportFailure, wantsJson} from './failure-report.ts';

export async function main(entry: string): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone (`sm ... | head`): nothing is left to say.
    if (error.code === 'EPIPE') process.exit(0);
  });
  const argv = process.argv.slice(2);
  try {
    const config = await Config.load({root: fileURLToPath(entry)});
    await run(argv, config);
    await flush();
  } catch (error) {
    process.exitCode = reportFailure(error, wantsJson(argv));
  }
}
