/** Alarms of etcd: while one of them is on, it takes no writes. */
import {openEndpoint} from './connection.ts';
import {ATTEMPT_LIMIT_MS} from './limits.ts';
import type {EtcdOptions} from './connection.ts';
import {translateError} from './foreign-errors.ts';

export interface StoreAlarm {
  readonly memberId: string;
  readonly alarm: string;
}

/** Numbers of etcd's protocol. */
const ACTIONS = {get: 0, deactivate: 2} as const;
const ALL = 0;

/** Takes back every alarm that is on. Returns those that were; etcd raises one again while its cause lasts. @throws SmError. */
export async function disarmAlarms(options: EtcdOptions): Promise<StoreAlarm[]> {
  const [endpoint = ''] = options.endpoints;
  const client = openEndpoint(endpoint, {timeoutMs: ATTEMPT_LIMIT_MS, ...options});
  try {
    const {alarms = []} = await client.maintenance.alarm({
      action: ACTIONS.get,
      alarm: ALL,
    } as never);
    for (const {memberID, alarm} of alarms)
      await client.maintenance.alarm({action: ACTIONS.deactivate, memberID, alarm} as never);
    return alarms.map(({memberID, alarm}) => ({memberId: String(memberID), alarm: String(alarm)}));
  } catch (error) {
    throw translateError(error);
  } finally {
    client.close();
  }
}
