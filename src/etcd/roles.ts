/** Roles for an etcd with users: what daemons need, what only reads, and what the containers of one app need. */
import {onAnyEndpoint} from './any-endpoint.ts';
import type {EndpointClient, EtcdOptions} from './connection.ts';
import {Keys} from './keys.ts';
import {endOfPrefix} from './wire.ts';

export interface Grant {
  readonly key: string;
  /** Everything that begins with the key, not the key alone. */
  readonly isPrefix: boolean;
  readonly permission: 'read' | 'readwrite';
}

export interface EtcdRole {
  readonly name: string;
  /** Who is to have it. */
  readonly purpose: string;
  readonly grants: readonly Grant[];
}

export interface AppliedRole {
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
}

/** Roles of an sm: one for its daemons, one for who only reads, one for the containers of each app. `service`: the name in the daemons' configuration. */
export function rolesOf(prefix: string, service: string, apps: readonly string[]): EtcdRole[] {
  const keys = new Keys(prefix, service);
  const start = prefix.split('/').filter(Boolean).join('-');
  const all = {key: keys.everyAppPrefix(), isPrefix: true};
  return [
    {
      name: `${start}-daemon`,
      purpose: 'daemons: etcd.username',
      grants: [{...all, permission: 'readwrite'}],
    },
    {
      name: `${start}-viewer`,
      purpose: 'sm audit, sm store export',
      grants: [{...all, permission: 'read'}],
    },
    ...apps.map((app) => ({
      name: `${start}-app-${app}`,
      purpose: `containers of ${app}`,
      grants: containerGrants(keys, app),
    })),
  ];
}

/** Heartbeat, id and records of the app are written; its specs, which etcd is believed and how full the cluster is, are only read. */
function containerGrants(keys: Keys, app: string): Grant[] {
  return [
    {key: keys.appRuntimePrefix(app), isPrefix: true, permission: 'readwrite'},
    {key: keys.appSpecPrefix(app), isPrefix: true, permission: 'read'},
    {key: keys.cluster(), isPrefix: false, permission: 'read'},
    {key: keys.usage(), isPrefix: false, permission: 'read'},
  ];
}

/** The same as commands, for who keeps etcd in another hand. */
export function roleCommands(roles: readonly EtcdRole[]): string[] {
  return roles.flatMap(({name, grants}) => [
    `etcdctl role add ${name}`,
    ...grants.map(
      ({key, isPrefix, permission}) =>
        `etcdctl role grant-permission ${name} ${isPrefix ? '--prefix=true ' : ''}${permission} ${key}`,
    ),
  ]);
}

/** Makes what is missing; takes nothing away. Needs a user with the role root. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export function applyRoles(
  options: EtcdOptions,
  roles: readonly EtcdRole[],
): Promise<AppliedRole[]> {
  return onAnyEndpoint(options, async ({auth}) => {
    const {roles: names = []} = await auth.roleList();
    const known = new Set(names.map(String));
    const applied: AppliedRole[] = [];
    for (const role of roles) applied.push(await applyRole(auth, role, known.has(role.name)));
    return applied;
  });
}

async function applyRole(
  auth: EndpointClient['auth'],
  {name, grants}: EtcdRole,
  isKnown: boolean,
): Promise<AppliedRole> {
  if (!isKnown) await auth.roleAdd({name});
  const {perm = []} = isKnown ? await auth.roleGet({role: name}) : {};
  const missing = grants.filter((grant) => !perm.some((one) => isGranted(grant, one)));
  for (const grant of missing)
    await auth.roleGrantPermission({name, perm: permissionOf(grant)} as never);
  if (!isKnown) return {name, result: 'created'};
  return {name, result: missing.length > 0 ? 'configured' : 'unchanged'};
}

interface Permission {
  readonly permType: string;
  readonly key: Buffer;
  readonly range_end: Buffer;
}

function permissionOf({key, isPrefix, permission}: Grant): Permission {
  const from = Buffer.from(key);
  return {
    permType: permission === 'read' ? 'Read' : 'Readwrite',
    key: from,
    range_end: isPrefix ? endOfPrefix(from) : Buffer.alloc(0),
  };
}

function isGranted(grant: Grant, present: Permission): boolean {
  const wanted = permissionOf(grant);
  return (
    String(present.permType).toLowerCase() === wanted.permType.toLowerCase() &&
    Buffer.from(present.key).equals(wanted.key) &&
    Buffer.from(present.range_end).equals(wanted.range_end)
  );
}
