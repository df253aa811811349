/** The typed admin client: `new AdminClient({server}).call('addShard', {...})`. */
export {AdminClient} from './admin-client.ts';
export type {AdminClientOptions} from './client-options.ts';
export {RemoteError} from './remote-error.ts';
export type {Failure} from './remote-error.ts';
export type {AdminAnswer, AdminInput, AdminOperation, MoveEvent} from '../protocol/admin.ts';
export {SmError} from '../model/errors.ts';
