/** Making the roles of an etcd with users. */
import {loadConfig} from '../config/index.ts';
import {applyRoles, roleCommands, rolesOf} from '../etcd/roles.ts';
import type {AppliedRole, EtcdRole} from '../etcd/roles.ts';
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {checkName} from '../model/ids.ts';
import {HiddenText} from '../model/hidden-text.ts';
import {SmError} from '../model/errors.ts';
import {PASSWORD_FILE_LIMIT_BYTES} from '../runtime/limits.ts';
import {readSecretFile} from '../runtime/secret-file.ts';
import {Credentials} from '../server/credentials.ts';

export interface RolesOptions {
  /** Configuration of a daemon: endpoints, TLS, etcdPrefix and service are as there. */
  readonly configFile: string | undefined;
  readonly endpoints: readonly string[] | undefined;
  /** Default: as configured, else /sm. */
  readonly prefix: string | undefined;
  /** `service` of the daemons. */
  readonly service: string | undefined;
  readonly apps: readonly string[];
  /** A user of etcd that has the role root; its password stands in the file. */
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
}

export interface PlannedRoles {
  readonly roles: readonly EtcdRole[];
  /** The same for etcdctl. */
  readonly commands: readonly string[];
}

/** What there is to be; asks nobody. @throws SmError INVALID_INPUT, INVALID_NAME, INVALID_CONFIG. */
export function plannedRoles({configFile, prefix, service, apps}: RolesOptions): PlannedRoles {
  const config = configFile === undefined ? undefined : loadConfig(configFile, {asClient: true});
  const owner = service ?? config?.service;
  if (owner === undefined)
    throw new SmError('INVALID_INPUT', 'the service name of the daemons is missing', {
      hint: 'pass --config-file of a daemon, or --service',
    });
  for (const app of apps) checkName('app', app);
  const roles = rolesOf(prefix ?? config?.etcdPrefix ?? ETCD_PREFIX_DEFAULT, owner, apps);
  return {roles, commands: roleCommands(roles)};
}

/** Makes them. @throws SmError as `plannedRoles`; STORE_UNAVAILABLE, STORE_AUTH. */
export async function initRoles(
  options: RolesOptions,
): Promise<PlannedRoles & {applied: AppliedRole[]}> {
  const planned = plannedRoles(options);
  const {configFile, endpoints, username, passwordFile} = options;
  const configured =
    configFile === undefined
      ? undefined
      : new Credentials(loadConfig(configFile, {asClient: true})).forEtcd();
  const named = endpoints ?? configured?.endpoints;
  if (named === undefined)
    throw new SmError('INVALID_INPUT', 'no etcd is given', {
      hint: 'give --endpoints HOST:PORT or --config-file FILE; --print only shows the commands',
    });
  const login =
    username === undefined
      ? {}
      : {username, password: passwordFile === undefined ? '' : passwordOf(passwordFile)};
  const applied = await applyRoles({...configured, endpoints: named, ...login}, planned.roles);
  return {...planned, applied};
}

function passwordOf(file: string): HiddenText {
  const rules = {
    mostBytes: PASSWORD_FILE_LIMIT_BYTES,
    readers: 'group',
    links: 'followed',
  } as const;
  return new HiddenText(
    readSecretFile(file, {what: 'password file', ...rules})
      .toString('utf8')
      .trim(),
  );
}
