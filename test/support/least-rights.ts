/**
 * SM_TEST_RIGHTS=least: the etcd of a test has users; daemons and containers get the roles that `sm etcd init-roles` makes, and nothing else. What a
 * test itself reads and writes, as an operator would, it does as root: a note for the port says so.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {JoinOptions} from '../../src/container/index.ts';
import {noteLocalStore} from '../../src/etcd/local-login.ts';
import {applyRoles, rolesOf} from '../../src/etcd/roles.ts';
import type {EtcdProcess} from './etcd-process.ts';
import {Wire} from './wire.ts';

export const LEAST_RIGHTS =
  process.env['SM_TEST_RIGHTS'] === 'least' && process.env['SM_TEST_STORE'] !== 'embedded';

export const ROOT = {name: 'root', password: 'secret of root'};
const PASSWORD = 'secret of a role';

/** For an etcd client that a test brings itself: who looks, and who is not of sm. */
export const OPERATOR = LEAST_RIGHTS ? {auth: {username: ROOT.name, password: ROOT.password}} : {};

/** Who a process is to etcd. */
export interface RoleLogin {
  readonly username: string;
  readonly password: string;
  readonly passwordFile: string;
}

/** Test and tools find the password of root by themselves, as that of an embedded store. */
export function noteRoot(etcd: Pick<EtcdProcess, 'endpoints'>, folder: string): void {
  const passwordFile = fileOf(folder, 'root', ROOT.password);
  // The same for etcdctl.
  process.env['ETCDCTL_USER'] = `${ROOT.name}:${ROOT.password}`;
  for (const endpoint of etcd.endpoints)
    noteLocalStore(Number(endpoint.split(':').at(-1)), {username: ROOT.name, passwordFile});
}

/** How a daemon logs in; undefined where nobody has to. The etcd is one that `startEtcd` has made without a user of the test's own. */
export async function daemonLogin(
  etcd: EtcdProcess,
  prefix: string,
  service: string,
): Promise<RoleLogin | undefined> {
  if (!LEAST_RIGHTS || etcd.first.kind !== 'etcd') return undefined;
  return roleLogin(etcd, prefix, service);
}

/** The same for a configuration file. */
export function loginLines(login: RoleLogin | undefined): string[] {
  if (login === undefined) return [];
  const {username, passwordFile} = login;
  return [`etcd: {username: ${username}, passwordFile: ${JSON.stringify(passwordFile)}}`];
}

/** A user with the role of daemons, or of the containers of the app, below the prefix. */
export async function roleLogin(
  etcd: EtcdProcess,
  prefix: string,
  service: string,
  app?: string,
): Promise<RoleLogin> {
  const root = {endpoints: etcd.endpoints, username: ROOT.name, password: ROOT.password};
  const wanted = app === undefined ? '-daemon' : `-app-${app}`;
  const roles = rolesOf(prefix, service, app === undefined ? [] : [app]);
  const own = roles.filter(({name}) => name.endsWith(wanted));
  await applyRoles(root, own);
  const role = own[0]?.name ?? '';
  const username = `user-of-${role}`;
  await withRoot(etcd, async (wire, token) => {
    // Made before: the same.
    await wire.call('Auth.UserAdd', {name: username, password: PASSWORD}, token);
    const granted = await wire.call('Auth.UserGrantRole', {user: username, role}, token);
    if ('code' in granted) throw new Error(`${role} is not granted: ${String(granted['error'])}`);
  });
  const passwordFile = fileOf(join(etcd.dataDir, '..'), 'role', PASSWORD);
  return {username, password: PASSWORD, passwordFile};
}

/** How a container of the app joins: as its role, and as nobody else. Nothing where everybody may do everything. */
export async function containerRights(
  etcd: EtcdProcess,
  prefix: string,
  service: string,
  app: string,
): Promise<Pick<JoinOptions, 'service' | 'etcd'>> {
  if (!LEAST_RIGHTS || etcd.first.kind !== 'etcd') return {};
  const {username, password} = await roleLogin(etcd, prefix, service, app);
  return {service, etcd: {username, password}};
}

async function withRoot(
  etcd: EtcdProcess,
  work: (wire: Wire, token: string) => Promise<void>,
): Promise<void> {
  const wire = new Wire(etcd.endpoint);
  try {
    const {name, password} = ROOT;
    const answer = await wire.call('Auth.Authenticate', {name, password});
    await work(wire, String((answer as {token?: string}).token));
  } finally {
    wire.close();
  }
}

function fileOf(folder: string, name: string, text: string): string {
  const path = join(folder, `password-of-${name}`);
  writeFileSync(path, text, {mode: 0o600});
  return path;
}
