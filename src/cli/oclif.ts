/** What starts a command; loaded once it is settled whether there is colour. */
export {Config, flush, run} from '@oclif/core';
