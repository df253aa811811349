/** Of every command that writes a file. */
import {Flags} from '@oclif/core';

export const overwriteFlag = Flags.boolean({
  description: 'replace a file that exists already; without it such a file is refused',
});
