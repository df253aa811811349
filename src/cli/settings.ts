/** Where each setting comes from: flag > environment > context > default. */
import type {AdminClientOptions} from '../admin/client-options.ts';
import {chosenContext, readContexts, readContextsIfAny} from './contexts.ts';
import type {Context, ContextFile, ContextSetting} from './contexts.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:8801';

export interface EffectiveSetting {
  readonly name: ContextSetting | 'context';
  /** '' when it is not set. */
  readonly value: string;
  /** `flag`, `SM_SERVER`, `context prod`, `default`. */
  readonly source: string;
}

export interface GivenFlags {
  /** Values of flags and environment together, as the parser gives them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of the flags that stand in the arguments. */
  readonly typed: ReadonlySet<string>;
}

export const SETTING_FLAGS: Readonly<
  Record<ContextSetting, {flag: string; env: string; fallback: string}>
> = {
  server: {flag: 'server', env: 'SM_SERVER', fallback: DEFAULT_SERVER},
  app: {flag: 'app', env: 'SM_APP', fallback: ''},
  output: {flag: 'output', env: 'SM_OUTPUT', fallback: 'table'},
  timeout: {flag: 'timeout', env: 'SM_TIMEOUT', fallback: ''},
  tokenFile: {flag: 'token-file', env: 'SM_TOKEN_FILE', fallback: ''},
  caFile: {flag: 'ca-file', env: 'SM_CA_FILE', fallback: ''},
  certFile: {flag: 'cert-file', env: 'SM_CERT_FILE', fallback: ''},
  keyFile: {flag: 'key-file', env: 'SM_KEY_FILE', fallback: ''},
  proxy: {flag: 'proxy', env: 'SM_PROXY', fallback: ''},
};

/** What a client of the daemons needs, of the settings; '' is left out. */
export function connectionOf(setting: (name: ContextSetting) => string): AdminClientOptions {
  const optional = (['tokenFile', 'caFile', 'certFile', 'keyFile', 'proxy'] as const).filter(
    (name) => setting(name) !== '',
  );
  return {
    server: setting('server'),
    ...Object.fromEntries(optional.map((name) => [name, setting(name)])),
  };
}

/** @throws SmError INVALID_CONFIG for a context file that cannot be read, NOT_FOUND for a context that is not in it. */
export async function effectiveSettings(
  given: GivenFlags,
  file?: ContextFile,
): Promise<EffectiveSetting[]> {
  const wanted = textOf(given.values['context']);
  const read = wanted === undefined ? readContextsIfAny : readContexts;
  const chosen = file === undefined ? chosenContext(await read(), wanted) : undefined;
  const settings = (Object.keys(SETTING_FLAGS) as ContextSetting[]).map((name) =>
    settingOf(name, given, chosen?.name ?? '', chosen?.context ?? {}),
  );
  const source =
    wanted === undefined ? 'current' : given.typed.has('context') ? 'flag' : 'SM_CONTEXT';
  const name = chosen?.name ?? '';
  return [...settings, {name: 'context', value: name, source: name === '' ? 'default' : source}];
}

function settingOf(
  name: ContextSetting,
  {values, typed}: GivenFlags,
  contextName: string,
  context: Context,
): EffectiveSetting {
  const {flag, env, fallback} = SETTING_FLAGS[name];
  // A command without this flag may still be asked what the environment says.
  const given = textOf(values[flag]) ?? textOf(process.env[env]);
  if (given !== undefined) return {name, value: given, source: typed.has(flag) ? 'flag' : env};
  const value = context[name];
  if (value !== undefined) return {name, value, source: `context ${contextName}`};
  return {name, value: fallback, source: 'default'};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A setting as it is shown: URLs may hold a password. */
export function withoutPassword(value: string): string {
  return value.replaceAll(/(\/\/[^/@\s:]*):[^@\s]*@/g, '$1:***@');
}

export function shownContext(context: Context): Context {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, withoutPassword(value)]),
  );
}
