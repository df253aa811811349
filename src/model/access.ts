/** Who may do what: a role says how far, a scope says with which apps. */

/** Each may do what the ones before it may. */
export const ROLES = ['view', 'operate', 'admin'] as const;

/** `view` reads. `operate` changes what an app holds: shards, worker groups, limits, orders for containers. `admin` also creates and removes apps, and decides for the cluster. */
export type Role = (typeof ROLES)[number];

/** All apps, or those whose name matches one of the patterns; `*` stands for any characters. */
export type AppScope = 'all' | readonly string[];

/** What one caller may do. */
export interface Grant {
  /** Name of its token or certificate; `local` where none is asked for. */
  readonly name: string;
  readonly role: Role;
  readonly apps: AppScope;
}

/** Of whoever calls a daemon that asks for no token. */
export const LOCAL_GRANT: Grant = {name: 'local', role: 'admin', apps: 'all'};

export function isRole(word: string): word is Role {
  return (ROLES as readonly string[]).includes(word);
}

export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function sees(scope: AppScope, app: string): boolean {
  return scope === 'all' || scope.some((pattern) => matches(pattern, app));
}

const PATTERN = /^[A-Za-z0-9._:*-]{1,128}$/;

/** What is wrong with a pattern of app names, or undefined. */
export function appPatternProblem(pattern: string): string | undefined {
  return PATTERN.test(pattern)
    ? undefined
    : 'is not a name of an app, in which * stands for any characters';
}

/** Takes time in proportion to the name, whatever the pattern: the parts between the stars are found from left to right. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
