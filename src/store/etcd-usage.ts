/** How much room etcd uses, and which endpoints do not work. */
import type {EndpointClient} from '../etcd/connection.ts';
import type {EndpointClients} from '../etcd/endpoint-clients.ts';
import {translateError} from '../etcd/foreign-errors.ts';
import {quotaBytes} from '../etcd/quota.ts';
import type {StoreUsage} from './port.ts';

/** `client` is the one that answers now. @throws what its calls throw. */
export async function usageOf(
  client: EndpointClient,
  {all, options}: Pick<EndpointClients, 'all' | 'options'>,
): Promise<StoreUsage> {
  const {dbSize, version} = await client.maintenance.status();
  const {alarms} = await client.maintenance.alarm({action: 'Get'});
  return {
    bytes: Number(dbSize),
    quotaBytes: options.quotaBytes ?? (await quotaBytes(client.endpoint, options.tls)),
    version,
    alarms: [...new Set(alarms.map(({alarm}) => alarm.toUpperCase()))],
    isLoginUnused: client.isLoginUnused === true,
    endpoints: await Promise.all(all.map(askedAlone)),
  };
}

/** A call goes to whichever endpoint works, so it does not show that the others are gone. */
async function askedAlone({endpoint, maintenance}: EndpointClient): Promise<{
  endpoint: string;
  fault: string;
}> {
  const fault = await maintenance
    .status()
    .then(faultOf, (error: unknown) => translateError(error).message);
  return {endpoint, fault};
}

/** A member that answers `status` may still be of no use. */
function faultOf({leader, isLearner}: {leader: string; isLearner: boolean}): string {
  if (leader === NO_LEADER) return 'its member sees no leader';
  if (!isLearner) return '';
  return 'its member is a learner, which takes no calls before it is promoted: etcdctl member promote';
}

const NO_LEADER = '0';
