/**
 * Logins of one client, one at a time. For each etcd compares a hash that is slow on purpose, and it goes on with that when nobody waits any more: where many
 * clients log in at once, as after a change of a password, logins that are given up after the time of a call and begun anew keep it so busy that none is ever
 * answered. So a login outlasts the calls that wait for it, and one that was refused is made again after a pause.
 */
import {Metadata} from '@grpc/grpc-js';
import type {CallOptions} from '@grpc/grpc-js';
import {castGrpcError} from 'etcd3';
import {backOff} from '../model/back-off.ts';
import {LOGIN_LIMIT_MS, LOGIN_PAUSE_MAX_MS, LOGIN_PAUSE_MIN_MS} from './limits.ts';
import {inTime} from '../runtime/in-time.ts';

export interface AuthService {
  authenticate(
    request: {readonly name: string; readonly password: string},
    metadata: Metadata,
    options: CallOptions,
    callback: (error: Error | null, answer: {readonly token: string}) => void,
  ): void;
}

/** One login. Rejects as the client package does. */
export function authenticated(
  service: AuthService,
  name: string,
  password: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {deadline: Date.now() + LOGIN_LIMIT_MS};
    service.authenticate({name, password}, new Metadata(), options, (error, answer) => {
      if (error === null) resolve(answer.token);
      else reject(castGrpcError(error));
    });
  });
}

/** etcd has compared, and said no. */
const REFUSED = /authentication failed|invalid user ID or password/i;

/** As gRPC says it of a call. */
const LATE = '4 DEADLINE_EXCEEDED: Deadline exceeded';

export class PatientLogin {
  readonly #password: () => string;
  /** The one that was refused last: another one is not kept waiting for it. */
  #refusedPassword: string | undefined;
  private readonly logIn: (user: string, password: string) => Promise<string>;
  private readonly limitMs: number;
  /** Until a call has taken its token, or it has failed. */
  private underWay: Promise<string> | undefined;
  private refusal: unknown;
  private refusals = 0;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;

  /** `limitMs`: how long one call waits. */
  constructor(
    limitMs: number,
    password: () => string,
    logIn: (user: string, password: string) => Promise<string>,
  ) {
    this.limitMs = limitMs;
    this.#password = password;
    this.logIn = logIn;
  }

  /** A token for a call that has none. Rejects when it is refused, or not there within the limit. */
  async token(user: string): Promise<string> {
    const isSame = this.#refusedPassword === this.#password();
    if (isSame && performance.now() < this.pausedUntilMs) throw this.refusal;
    const login = (this.underWay ??= this.begun(user, this.#password()));
    const token = await inTime(login, this.limitMs, `${LATE} after ${this.limitMs / 1_000}s`);
    if (this.underWay === login) this.underWay = undefined;
    return token;
  }

  private begun(user: string, password: string): Promise<string> {
    const login = this.logIn(user, password);
    login.then(
      () => (this.refusals = 0),
      (error: unknown) => {
        if (this.underWay === login) this.underWay = undefined;
        if (REFUSED.test(String(error))) this.refused(error, password);
      },
    );
    return login;
  }

  private refused(refusal: unknown, password: string): void {
    this.#refusedPassword = password;
    this.refusal = refusal;
    this.refusals += 1;
    const pauseMs = backOff(this.refusals, LOGIN_PAUSE_MIN_MS, LOGIN_PAUSE_MAX_MS, Math.random());
    this.pausedUntilMs = performance.now() + pauseMs;
  }
}
