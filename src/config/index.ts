export {loadConfig, parseConfig} from './load.ts';
export type {LoadOptions} from './embedded.ts';
export type {EmbeddedConfig, ServerConfig} from './server-config.ts';
export {changedSettings} from './changes.ts';
