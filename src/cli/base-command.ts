import {Args, Command, Config, Flags} from '@oclif/core';
import type {Interfaces} from '@oclif/core';
import {RemoteError} from '../admin/remote-error.ts';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';
import {AdminClient} from '../admin/admin-client.ts';
import {COLOR_CHOICES} from './color.ts';
import {ExitOnly, reportFailure, wantsJson} from './failure-report.ts';
import type {StreamOutput} from './following.ts';
import {jsonText} from './json-text.ts';
import {shaped} from './list-shape.ts';
import {openSecretWarnings} from './open-secrets.ts';
import {OUTPUT_FORMATS, renderList, renderObject} from './output.ts';
import type {ListResult, ObjectResult, OutputFormat} from './output.ts';
import {Progress} from './progress.ts';
import {waitFor} from './waiting.ts';
import type {WaitFor, WaitOutcome} from './waiting.ts';
import {connectionOf, effectiveSettings} from './settings.ts';
import type {EffectiveSetting, GivenFlags} from './settings.ts';
import {Throttle} from '../runtime/throttle.ts';
import {DURATION_MAX_MS, LIMITED_SAID_INTERVAL_MS, WAIT_DEFAULT_MS} from './limits.ts';
import {visible, visibleLines} from '../model/visible.ts';

/** A text that any command takes, from the environment where it is not in the arguments. */
const globalText = (env: string, description: string) =>
  Flags.string({description, env, helpGroup: 'GLOBAL'});

const APP_FLAG = {
  char: 'a',
  description: 'app to work on; needed unless SM_APP or the context names one',
  env: 'SM_APP',
  helpGroup: 'GLOBAL',
} as const;

/** Needed, but a context may name it: looked at once all settings are known, not by the parser. */
export const appFlag = Flags.string({...APP_FLAG, required: true});
appFlag.required = false;
Object.assign(appFlag, {needed: true});

/** Without it the command speaks of all apps; neither environment nor context narrow it. */
export const optionalAppFlag = Flags.string({char: 'a', description: 'only this app'});

/** What a command is about. */
export const appArg = {name: Args.string({description: 'name of the app', required: true})};
export const containerArg = {id: Args.string({description: 'container id', required: true})};
export const shardArg = {id: Args.string({description: 'shard id', required: true})};

/** Of every changing command. */
export const changeFlags = {
  reason: Flags.string({description: 'reason for the change, kept in the audit', default: ''}),
  'dry-run': Flags.boolean({description: 'only check the change on the server; write nothing'}),
};

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof SmCommand)['baseFlags'] & T['flags']
>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/**
 * Base of all commands: flags, call, render. Failures take the form of failure-report.ts whatever threw them, with the
 * same exit code with and without --json.
 */
export abstract class SmCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    server: globalText(
      'SM_SERVER',
      'daemon to call; several, comma-separated: if one cannot be reached or does not answer, the next one is called',
    ),
    output: Flags.string({
      char: 'o',
      description: 'output format',
      env: 'SM_OUTPUT',
      options: [...OUTPUT_FORMATS],
      helpGroup: 'GLOBAL',
    }),
    color: Flags.string({
      description:
        'when to use colors; auto: on a terminal, unless NO_COLOR is set; FORCE_COLOR is honored too',
      options: [...COLOR_CHOICES],
      helpGroup: 'GLOBAL',
    }),
    json: Flags.boolean({description: 'same as -o json', helpGroup: 'GLOBAL'}),
    context: globalText('SM_CONTEXT', 'context to take settings from'),
    'token-file': globalText('SM_TOKEN_FILE', 'file with the bearer token'),
    'plain-token': Flags.boolean({
      description: 'send the token to another machine without TLS: anybody on the way can read it',
      env: 'SM_PLAIN_TOKEN',
      helpGroup: 'GLOBAL',
    }),
    'ca-file': globalText(
      'SM_CA_FILE',
      "PEM file of the authority that signed the daemon's certificate",
    ),
    'cert-file': globalText(
      'SM_CERT_FILE',
      'PEM file with your client certificate, if the daemons ask for one',
    ),
    'key-file': globalText('SM_KEY_FILE', 'PEM file with the key of the client certificate'),
    proxy: globalText(
      'SM_PROXY',
      'HTTP proxy to reach the daemon through; proxy variables of the environment are ignored',
    ),
    timeout: globalText(
      'SM_TIMEOUT',
      'time limit of the call (default 30s), or of the wait (default 10m; 0 looks once), such as 500ms, 30s, 10m',
    ),
  };

  /** As oclif's own, which would load a configuration anew although it has been given one. */
  static override async run<C extends Command>(
    this: new (argv: string[], config: Config) => C,
    argv: string[] = [],
    config?: Interfaces.LoadOptions,
  ): Promise<ReturnType<C['run']>> {
    const loaded = config instanceof Config ? config : await Config.load(config);
    const command = new this(argv, loaded) as C & {_run: Command['_run']};
    return command._run();
  }

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** All positional arguments, for commands that take any number. */
  protected words: readonly string[] = [];
  /** Every setting with where it comes from. */
  protected settings: readonly EffectiveSetting[] = [];
  private opened: AdminClient | undefined;
  private readonly limitedThrottle = new Throttle(LIMITED_SAID_INTERVAL_MS);

  override async init(): Promise<void> {
    await super.init();
    const {args, flags, raw} = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof SmCommand).baseFlags,
      args: notFromStdin(this.ctor.args),
      strict: this.ctor.strict,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    // oclif sorts its own list by where a word stands first: one that comes again would change its place, and so would `--`.
    this.words = raw.flatMap((token) => (token.type === 'arg' ? [token.input] : []));
    const typed = new Set(raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])));
    refuseTwoForms(flags, typed);
    this.settings = await this.findSettings({values: flags, typed});
    this.requireApp();
  }

  protected override async catch(error: Error): Promise<void> {
    const reported = await this.withNearApps(error);
    process.exitCode = reportFailure(
      reported,
      wantsJson(this.argv) || this.format.startsWith('json'),
      this.id,
    );
  }

  /** An app that is not there may be one whose name was mistyped. */
  private async withNearApps(error: unknown): Promise<unknown> {
    if (!(error instanceof RemoteError) || error.failure.code !== 'APP_NOT_FOUND') return error;
    const {object = ''} = error.failure;
    // Daemons of before do not say which.
    if (!object.startsWith('app/')) return error;
    const wanted = object.slice('app/'.length);
    const known = await this.client.call('getSpec', {}).catch(() => ({services: []}));
    const near = nearestWords(wanted, known.services);
    if (near.length === 0) return error;
    const {failure} = error;
    return new RemoteError({...failure, fix: [`did you mean ${near.join(', ')}?`, ...failure.fix]});
  }

  protected override async finally(): Promise<void> {
    this.opened?.close();
  }

  /** Whether the output is a table or lines, not a document for programs. */
  protected get isForPeople(): boolean {
    return this.format === 'table' || this.format === 'wide';
  }

  protected get format(): OutputFormat {
    if (this.flags?.json === true) return 'json';
    return (this.setting('output') || 'table') as OutputFormat;
  }

  /** The client of the daemon named by --server. */
  protected get client(): AdminClient {
    this.opened ??= this.openClient();
    return this.opened;
  }

  private openClient(): AdminClient {
    const secrets = {'token file': this.setting('tokenFile'), 'key file': this.setting('keyFile')};
    for (const warning of openSecretWarnings(secrets)) this.say(warning);
    return new AdminClient({
      ...connectionOf((name) => this.setting(name)),
      // 0 looks once and does not wait: the look itself takes as long as any call.
      ...(this.timeoutMs === undefined || this.timeoutMs === 0 ? {} : {timeoutMs: this.timeoutMs}),
      plainToken: this.flags['plain-token'] === true,
      onLimited: (refusal) => {
        if (this.limitedThrottle.passes()) this.sayLimited(refusal);
      },
    });
  }

  /** The daemon has too many calls: a stream may wait so for half a minute before its first word. */
  protected sayLimited({message}: Error): void {
    this.say(`waiting, and asking again: ${message}`);
  }

  /** --timeout in ms, if given. */
  protected get timeoutMs(): number | undefined {
    const limit = this.setting('timeout');
    return limit === '' ? undefined : parseDuration(limit);
  }

  /** A setting's value; '' when it is not set. */
  protected setting(name: EffectiveSetting['name']): string {
    return this.settings.find((setting) => setting.name === name)?.value ?? '';
  }

  /** Overridden by the commands that must work whatever the context file says. */
  protected findSettings(given: GivenFlags): Promise<EffectiveSetting[]> {
    return effectiveSettings(given);
  }

  private requireApp(): void {
    const flag = (this.ctor.flags as Record<string, {needed?: boolean}> | undefined)?.['app'];
    if (flag?.needed !== true) return;
    const app = this.setting('app');
    if (app === '')
      throw new SmError('INVALID_INPUT', 'no app is given', {
        hint: 'give -a APP, set SM_APP, or choose a context that names one',
      });
    (this.flags as {app?: string}).app = app;
  }

  protected async showList<Row>(result: ListResult<Row>): Promise<void> {
    const {'sort-by': sortBy, limit} = this.flags as {'sort-by'?: string; limit?: number};
    const shown = shaped(result, {sortBy, limit});
    process.stdout.write(await renderList(shown, this.format));
    const whole = this.format === 'json' || this.format === 'yaml';
    // A document says how many there are; lines cannot.
    const noted = this.isForPeople || (!whole && shown.items.length < result.items.length);
    if (noted && shown.note !== undefined) this.say(shown.note);
  }

  /** An event of a command that runs until it is stopped: a line of JSON, or `lines` for people. */
  protected showEvent(event: object, lines: readonly string[]): void {
    if (this.format === 'jsonl') process.stdout.write(`${jsonText(event)}\n`);
    else {
      // One document at the end is all that may stand on stdout, unless a person reads it.
      const stream = this.isForPeople ? 'stdout' : 'stderr';
      for (const line of lines) process[stream].write(`${line}\n`);
    }
  }

  /** One of many events: a line for people, one of JSON for programs. */
  protected showLine(event: object, line: string): void {
    process.stdout.write(`${this.isForPeople ? visible(line) : jsonText(event)}\n`);
  }

  /** Of streams of events. */
  protected get streamOutput(): StreamOutput {
    return {
      isForPeople: this.isForPeople,
      showLine: (event, line) => this.showLine(event, line),
      say: (text) => this.say(text),
    };
  }

  protected async showObject(result: ObjectResult): Promise<void> {
    process.stdout.write(await renderObject(result, this.format));
  }

  /** Holds until the goal is met, with progress on stderr; --timeout is its limit. */
  protected waitFor(goal: WaitFor): Promise<WaitOutcome> {
    return waitFor(this.client, goal, this.timeoutMs ?? WAIT_DEFAULT_MS, new Progress());
  }

  /**
   * Waits for the goals, and shows the result whatever becomes of that: what was done is done. A wait that failed is reported on stderr,
   * with the exit code of its fault, so that stdout holds one document. `met`: how long it took, ms, undefined where it failed.
   */
  protected async showAfter(
    goals: readonly WaitFor[],
    show: (met: number | undefined) => Promise<void>,
  ): Promise<void> {
    let waitedMs = 0;
    let fault: unknown;
    try {
      for (const goal of goals) waitedMs += (await this.waitFor(goal)).waitedMs;
    } catch (error) {
      fault = error ?? new Error('the wait failed');
    }
    if (fault === undefined) return show(waitedMs);
    // What is shown may end the command with an exit code of its own: the fault is said all the same.
    const ended = await show(undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
    const exit = reportFailure(fault, false);
    if (ended !== undefined) throw ended;
    this.leaveWith(exit);
  }

  /** A word for people while they wait; never on stdout. */
  protected say(text: string): void {
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /** Ends with this exit code; the result has been shown. */
  protected leaveWith(exit: number): never {
    throw new ExitOnly(exit);
  }
}

/** @throws SmError INVALID_INPUT where the arguments ask for two forms of the result. */
function refuseTwoForms(
  {json, output}: {json?: boolean | undefined; output?: string | undefined},
  typed: ReadonlySet<string>,
): void {
  if (json !== true || !typed.has('output') || output === 'json') return;
  throw new SmError(
    'INVALID_INPUT',
    `--json and -o ${output} ask for two different output formats`,
    {
      hint: `leave one of them out: --json is the same as -o json`,
    },
  );
}

const UNIT_MS: Readonly<Record<string, number>> = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000};

/** Milliseconds of 500ms, 30s, 10m, 2h, or a bare number of seconds; at most 500h. @throws SmError INVALID_INPUT. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null)
    throw new SmError('INVALID_INPUT', `${JSON.stringify(text)} is not a duration`, {
      hint: 'for example 500ms, 30s, 10m',
    });
  const ms = Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1_000));
  // A timer of more would go off at once.
  if (ms <= DURATION_MAX_MS) return ms;
  throw new SmError('INVALID_INPUT', `${text} is too long`, {hint: 'at most 500h'});
}

/** By default oclif reads an argument that is left out from stdin: in a loop of a shell that is the list of the loop. */
function notFromStdin(args: Interfaces.ArgInput): Interfaces.ArgInput {
  return Object.fromEntries(
    Object.entries(args).map(([name, arg]) => [name, {...arg, ignoreStdin: true}]),
  );
}
