/** The lines of `tls.clientRoles`: `NAME ROLE [APPS]`, where NAME is a name that a client certificate bears. */
import {appPatternProblem, isRole} from '../model/access.ts';
import type {Grant} from '../model/access.ts';
import {SmError} from '../model/errors.ts';

export interface ClientLine extends Grant {
  /** The line as it stands: a changed line is another one. */
  readonly text: string;
}

const NAME = /^[\x21-\x7e]{1,253}$/;

/** Empty lines and those that begin with `#` are left out. @throws SmError INVALID_CONFIG. */
export function parseClientLines(text: string): ClientLine[] {
  return text
    .split(/\r?\n/)
    .map((line, at) => ({line: line.trim(), at}))
    .filter(({line}) => line !== '' && !line.startsWith('#'))
    .map(({line, at}) => parseClientLine(line, at));
}

function parseClientLine(text: string, at: number): ClientLine {
  const [name = '', role = '', scope, ...rest] = text.split(/\s+/);
  const apps = scope?.split(',') ?? 'all';
  const wrongApp = apps === 'all' ? undefined : apps.find((app) => appPatternProblem(app));
  if (!NAME.test(name) || !isRole(role) || rest.length > 0 || wrongApp !== undefined)
    throw new SmError(
      'INVALID_CONFIG',
      `line ${at + 1} of tls.clientRoles is not of the form NAME ROLE [APPS]`,
      {hint: 'for example: ci.example.org operate orders-*; roles are view, operate and admin'},
    );
  return {name, role, apps, text};
}
