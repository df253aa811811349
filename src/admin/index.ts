/** The typed admin client: `new AdminClient({server}).call('addShard', {...})`. */
export {AdminClient} from '../cli/admin-client.ts';
export type {AdminClientOptions} from '../cli/admin-client.ts';
export {RemoteError} from '../cli/failure-report.ts';
export type {Failure} from '../cli/failure-report.ts';
export type {AdminAnswer, AdminInput, AdminOperation, MoveEvent} from '../protocol/admin.ts';
export {SmError} from '../model/errors.ts';
