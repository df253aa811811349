/** The option `etcd` of joinApp, as programs without types pass it. Pure. */
import {SmError} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import type {Fields} from '../model/fields.ts';

/** As a daemon's configuration is checked: with half a login nobody would be logged in, and etcd would say that none was given. @throws SmError INVALID_INPUT. */
export function checkLogin(etcd: unknown): void {
  const login = checkFields('etcd', etcd, "pass etcd: {username: 'app', password: {file: ...}}");
  if (typeof (login['username'] ?? '') !== 'string')
    throw new SmError('INVALID_INPUT', 'etcd.username is not text', {
      hint: 'pass the name of a user of etcd',
    });
  const tls = checkFields('etcd.tls', login['tls'], 'pass etcd.tls: {ca: {file: ...}}');
  checkPair('etcd', login, ['username', 'password']);
  checkPair('etcd.tls', tls, ['cert', 'key']);
}

/** What is left out has no fields. @throws SmError INVALID_INPUT. */
function checkFields(name: string, given: unknown, hint: string): Fields {
  if (given === undefined) return {};
  if (!isFields(given)) throw new SmError('INVALID_INPUT', `${name} is not an object`, {hint});
  return given;
}

function checkPair(parent: string, given: Fields, names: readonly [string, string]): void {
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length !== 1) return;
  const [one, other] = names;
  const problem = `${parent}.${one} and ${parent}.${other} must be set together`;
  throw new SmError('INVALID_INPUT', problem, {
    hint: `${parent}.${missing.join()} is missing: set it, or leave both out`,
  });
}
