/** `sm canary` with containers of the program SM_TEST_CONTAINER, which break the rules: it must find them out, and end as it then has to. */
import {Config} from '@oclif/core';
import CanaryCommand from '../../src/commands/canary.ts';

class UnfencedCanary extends CanaryCommand {
  protected override readonly program = process.env['SM_TEST_CONTAINER'];
}

await UnfencedCanary.run(process.argv.slice(2), await Config.load(import.meta.url));
