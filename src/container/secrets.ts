/**
 * Certificates and passwords, of etcd and of the hint receiver: given as they are, as files, or by functions. Files and functions are looked at again, so that what was
 * renewed is used without a restart.
 */
import {X509Certificate, createHash} from 'node:crypto';
import {createSecureContext} from 'node:tls';
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {SmError} from '../model/errors.ts';
import {HiddenText, revealed} from '../model/hidden-text.ts';
import {given} from '../model/said.ts';
import {systemClock} from '../runtime/clock.ts';
import type {Clock} from '../runtime/clock.ts';
import {CERTIFICATE_FILE_LIMIT_BYTES} from '../runtime/limits.ts';
import type {Logger} from '../runtime/log-port.ts';
import {Renewal} from '../runtime/renewal.ts';
import {readPlainFile} from '../runtime/secret-file.ts';
import {inTime} from '../runtime/in-time.ts';
import {SECRETS_LOOK_MS, SECRET_ANSWER_MS} from './limits.ts';

/** The secret itself, the path of a file with it, or who gives it, asked every 10 s. */
export type Secret<T> = T | {readonly file: string} | (() => T | Promise<T>);

/** Certificate or key: the bytes of a file, or text, as a vault gives it. */
export type Pem = string | Buffer;

/** Who we are to etcd, and whom we trust there. Certificates are PEM. */
export interface EtcdLogin {
  /** User of etcd, with `password`. Default: no login, or the name in the client certificate. */
  username?: string;
  /** The end of a line in a file does not belong to it. */
  password?: Secret<string>;
  /** The password may go to another machine without TLS. Default false. */
  plainPassword?: boolean;
  /** TLS to etcd: `ca` is whom we trust (default: the authorities that Node knows), `cert` and `key` who we are. Default: TLS where an endpoint is https. */
  tls?: {ca?: Secret<Pem>; cert?: Secret<Pem>; key?: Secret<Pem>};
}

const TLS_PARTS = ['ca', 'cert', 'key'] as const;

/** How the options are called that secrets come from. */
export interface SecretNames {
  readonly what: string;
  readonly tls: string;
  readonly ca: string;
}

const OF_ETCD: SecretNames = {what: 'certificates or password of etcd', tls: 'etcd.tls', ca: 'ca'};

/** @throws SmError INVALID_INPUT when one cannot be had, or certificate and key do not belong together. */
export async function readSecrets(
  {username, password, plainPassword, tls}: EtcdLogin,
  names = OF_ETCD,
): Promise<EtcdSecrets> {
  const login = {
    ...given({username, plainPassword}),
    ...(password === undefined
      ? {}
      : {password: new HiddenText(await read('etcd.password', password, textOf))}),
  };
  if (tls === undefined) return login;
  const parts: {ca?: Buffer; cert?: Buffer; key?: HiddenText} = {};
  for (const part of TLS_PARTS) {
    const secret = tls[part];
    if (secret === undefined) continue;
    const name = `${names.tls}.${part === 'ca' ? names.ca : part}`;
    const pem = await read<Pem>(name, secret, (content) => content);
    if (part === 'key') parts.key = new HiddenText(pem.toString('utf8'));
    // gRPC takes no text.
    else parts[part] = Buffer.from(pem);
  }
  checkTls(parts, names);
  return {...login, tls: parts};
}

async function read<T extends string | Buffer>(
  name: string,
  secret: Secret<T>,
  decode: (content: Buffer) => T,
): Promise<T> {
  try {
    // One that never answers, as of a vault that is cut off, would end all later looks without a word.
    if (typeof secret === 'function')
      return checked(
        await inTime(secret(), SECRET_ANSWER_MS, `no answer within ${SECRET_ANSWER_MS / 1_000} s`),
      );
    // Who may read it is for who runs the application: Kubernetes mounts secrets 0644 where nothing is said.
    return isFile(secret)
      ? decode(readPlainFile(name, secret.file, CERTIFICATE_FILE_LIMIT_BYTES))
      : checked(secret);
  } catch (cause) {
    const [what, hint] = refusalOf(secret);
    throw new SmError('INVALID_INPUT', `${name}: ${what}`, {hint, cause});
  }
}

/** What is wrong with a secret that cannot be had, and what to look at. */
function refusalOf(secret: Secret<string | Buffer>): readonly [what: string, hint: string] {
  if (typeof secret === 'function')
    return ['its function has failed', 'check that the function returns a value of the right type'];
  if (isFile(secret))
    return [`${secret.file} cannot be read`, 'check that the file exists and can be read'];
  return [
    'it is not text',
    'pass text, {file: path}, or a function; a certificate may be a Buffer',
  ];
}

/** As of `() => process.env.PASSWORD` where that is not set. @throws TypeError. */
function checked<T extends string | Buffer>(secret: T): T {
  if (typeof secret === 'string' || Buffer.isBuffer(secret)) return secret;
  throw new TypeError(`it has returned ${secret === null ? 'null' : typeof secret}`);
}

function isFile<T>(secret: Secret<T>): secret is {readonly file: string} {
  return typeof secret === 'object' && secret !== null && 'file' in secret;
}

function textOf(content: Buffer): string {
  return content.toString('utf8').replace(/\r?\n$/, '');
}

/** Two files are not renewed at one instant. */
function checkTls(
  {key, ...tls}: {ca?: Buffer; cert?: Buffer; key?: HiddenText},
  names: SecretNames,
): void {
  try {
    if ((tls.cert === undefined) !== (key === undefined)) throw new Error('one without the other');
    // TLS itself ignores an authority that is not PEM, and then trusts nobody.
    if (tls.ca !== undefined) new X509Certificate(tls.ca);
    createSecureContext({...tls, ...(key === undefined ? {} : {key: key.reveal()})});
  } catch (cause) {
    const text = `${names.tls}: ${names.ca}, cert and key cannot be used together`;
    throw new SmError('INVALID_INPUT', text, {
      hint: 'pass PEM, or the path of a file with it as {file: path}, and the key that belongs to the certificate',
      cause,
    });
  }
}

/** Says whether anything of it may change. */
function mayChange({password, tls = {}}: EtcdLogin): boolean {
  const all = [password, tls.ca, tls.cert, tls.key];
  return all.some(
    (one) => typeof one === 'function' || (one !== undefined && isFile<unknown>(one)),
  );
}

const functions = new WeakMap<() => unknown, number>();
let functionsMet = 0;

/** The same text for logins that mean the same: fixed values, files by their paths, functions by themselves. Holds no secret in clear. */
export function loginKey({username, password, plainPassword, tls}: EtcdLogin): string {
  const named = [password, tls?.ca, tls?.cert, tls?.key].map((one) => {
    if (typeof one !== 'function') return one;
    if (!functions.has(one)) functions.set(one, (functionsMet += 1));
    return {function: functions.get(one)};
  });
  return createHash('sha256')
    .update(JSON.stringify([username, plainPassword === true, tls !== undefined, named]))
    .digest('hex');
}

export interface SecretsWatchOptions {
  readonly login: EtcdLogin;
  /** Default: those of etcd. */
  readonly names?: SecretNames;
  /** What the connections were opened with. */
  readonly first: EtcdSecrets;
  /** Takes what has changed. A rejection: the old ones stay in use, and it is tried again. */
  readonly onChange: (secrets: EtcdSecrets) => void | Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly clock?: Clock;
}

/** Looks again and again at what may change; what cannot be used is logged once, and the old stays in use. */
export class SecretsWatch {
  readonly #options: SecretsWatchOptions;
  private readonly renewal: Renewal;
  private known: string;

  constructor(options: SecretsWatchOptions) {
    const {clock = systemClock(), logger, names = OF_ETCD} = options;
    this.#options = options;
    this.known = contentOf(options.first);
    this.renewal = new Renewal({
      clock,
      lookMs: SECRETS_LOOK_MS,
      look: () => this.look(),
      onRefused: (_, error) =>
        logger.warn({error}, `${names.what} could not be renewed: the old ones stay in use`),
    });
    if (mayChange(options.login)) this.renewal.wait();
  }

  close(): void {
    this.renewal.close();
  }

  private async look(): Promise<void> {
    const {login, logger, onChange, names = OF_ETCD} = this.#options;
    const secrets = await readSecrets(login, names);
    const now = contentOf(secrets);
    if (this.renewal.closed || now === this.known) return;
    await onChange(secrets);
    this.known = now;
    logger.info({}, `${names.what} have changed: using the new ones`);
  }
}

function contentOf({password, tls = {}}: EtcdSecrets): string {
  const hash = createHash('sha256').update(
    JSON.stringify(password === undefined ? null : revealed(password)),
  );
  for (const part of TLS_PARTS) {
    const content = tls[part] ?? '';
    hash.update(`;${part};`).update(Buffer.isBuffer(content) ? content : revealed(content));
  }
  return hash.digest('hex');
}
