export {loadConfig, parseConfig} from './load.ts';
export type {ServerConfig} from './server-config.ts';
