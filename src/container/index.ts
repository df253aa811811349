/** The public SDK: what an application needs to own shards. */
export {joinApp} from './join.ts';
export type {Container, ContainerEnd} from './container.ts';
export type {JoinOptions} from './options.ts';
export type {ReceiverTls} from './receiver-tls.ts';
export type {EtcdLogin, Pem, Secret} from './secrets.ts';
export type {Shard, ShardHooks} from './shard.ts';
export type {LoadCallback} from './container-loads.ts';
export type {Loads} from '../load/shard-meter.ts';
export type {HintHandler} from './receiver.ts';
export {silentLogger} from '../runtime/log-port.ts';
export type {Logger} from '../runtime/log-port.ts';
export type {StopReason} from '../ownership/shard-actions.ts';
export {SmError} from '../model/errors.ts';
export type {ErrorCode} from '../model/errors.ts';
export {compareTokens, parseToken} from '../model/token.ts';
export type {FencingToken} from '../model/token.ts';
