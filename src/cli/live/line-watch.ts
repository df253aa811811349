/** What a watch without a terminal needs; a command that does not watch loads none of it. */
export {LiveLines} from './live-lines.ts';
export {LiveLink} from './live-link.ts';
export {isRetryable} from '../retryable.ts';
