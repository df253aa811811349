/** `sm canary` with containers that break the rules: it must find them out, and end as it then has to. */
import {join} from 'node:path';
import {Config} from '@oclif/core';
import CanaryCommand from '../../src/commands/canary.ts';

class UnfencedCanary extends CanaryCommand {
  protected override readonly program = join(import.meta.dirname, 'unfenced-container.ts');
}

await UnfencedCanary.run(process.argv.slice(2), await Config.load(import.meta.url));
