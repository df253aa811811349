/** Taking back the alarms of the etcd that a command names. */
import {loadConfig} from '../config/index.ts';
import {disarmAlarms} from '../etcd/alarms.ts';
import type {StoreAlarm} from '../etcd/alarms.ts';
import {SmError} from '../model/errors.ts';
import {Credentials} from '../server/credentials.ts';

/** One of the two says where. @throws SmError INVALID_INPUT, INVALID_CONFIG, STORE_UNAVAILABLE, STORE_AUTH. */
export async function disarm(options: {
  readonly endpoints: readonly string[] | undefined;
  readonly configFile: string | undefined;
}): Promise<StoreAlarm[]> {
  const {endpoints, configFile} = options;
  if (endpoints !== undefined) return disarmAlarms({endpoints});
  if (configFile !== undefined)
    return disarmAlarms(new Credentials(loadConfig(configFile, {asClient: true})).forEtcd());
  throw new SmError('INVALID_INPUT', 'no store is given', {
    hint: 'pass --endpoints HOST:PORT or --config-file FILE; an embedded store listens at 127.0.0.1:2379 unless embedded.port is set',
  });
}
