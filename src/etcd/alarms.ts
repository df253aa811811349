/** Alarms of etcd: while one of them is on, it takes no writes. */
import {onAnyEndpoint} from './any-endpoint.ts';
import type {EtcdOptions} from './connection.ts';

export interface StoreAlarm {
  readonly memberId: string;
  readonly alarm: string;
}

/** Numbers of etcd's protocol. */
const ACTIONS = {get: 0, deactivate: 2} as const;
const ALL = 0;

/** Takes back every alarm that is on. Returns those that were; etcd raises one again while its cause lasts. @throws SmError. */
export function disarmAlarms(options: EtcdOptions): Promise<StoreAlarm[]> {
  return onAnyEndpoint(options, async ({maintenance}) => {
    const {alarms = []} = await maintenance.alarm({action: ACTIONS.get, alarm: ALL} as never);
    for (const {memberID, alarm} of alarms)
      await maintenance.alarm({action: ACTIONS.deactivate, memberID, alarm} as never);
    return alarms.map(({memberID, alarm}) => ({memberId: String(memberID), alarm: String(alarm)}));
  });
}
