import {Command, Flags} from '@oclif/core';
import type {Interfaces} from '@oclif/core';
import {SmError} from '../model/errors.ts';
import {AdminClient} from './admin-client.ts';
import {ExitOnly, reportFailure, wantsJson} from './failure-report.ts';
import {OUTPUT_FORMATS, renderList, renderObject} from './output.ts';
import type {ListResult, ObjectResult, OutputFormat} from './output.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:8801';

export const appFlag = Flags.string({
  char: 'a',
  description: 'app to work on',
  env: 'SM_APP',
  required: true,
  helpGroup: 'GLOBAL',
});

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
    server: Flags.string({
      description: 'daemon to ask',
      env: 'SM_SERVER',
      default: DEFAULT_SERVER,
      helpGroup: 'GLOBAL',
    }),
    output: Flags.string({
      char: 'o',
      description: 'form of the result',
      env: 'SM_OUTPUT',
      options: [...OUTPUT_FORMATS],
      default: 'table',
      helpGroup: 'GLOBAL',
    }),
    json: Flags.boolean({description: 'same as -o json', helpGroup: 'GLOBAL'}),
    'token-file': Flags.string({
      description: 'file with the bearer token',
      env: 'SM_TOKEN_FILE',
      helpGroup: 'GLOBAL',
    }),
    timeout: Flags.string({
      description: 'limit of the call, or of the wait: 500ms, 30s, 10m',
      env: 'SM_TIMEOUT',
      helpGroup: 'GLOBAL',
    }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** All positional arguments, for commands that take any number. */
  protected words: readonly string[] = [];
  private opened: AdminClient | undefined;

  override async init(): Promise<void> {
    await super.init();
    const {args, flags, argv} = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof SmCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.words = argv as string[];
  }

  protected override async catch(error: Error): Promise<void> {
    process.exitCode = reportFailure(error, wantsJson(this.argv));
  }

  protected override async finally(): Promise<void> {
    this.opened?.close();
  }

  protected get format(): OutputFormat {
    return this.flags.json ? 'json' : (this.flags.output as OutputFormat);
  }

  /** The client of the daemon named by --server. */
  protected get client(): AdminClient {
    this.opened ??= new AdminClient({
      server: this.flags.server,
      ...(this.flags['token-file'] === undefined ? {} : {tokenFile: this.flags['token-file']}),
      ...(this.timeoutMs === undefined ? {} : {timeoutMs: this.timeoutMs}),
    });
    return this.opened;
  }

  /** --timeout in ms, if given. */
  protected get timeoutMs(): number | undefined {
    return this.flags.timeout === undefined ? undefined : parseDuration(this.flags.timeout);
  }

  protected async showList<Row>(result: ListResult<Row>): Promise<void> {
    process.stdout.write(await renderList(result, this.format));
  }

  protected async showObject(result: ObjectResult): Promise<void> {
    process.stdout.write(await renderObject(result, this.format));
  }

  /** A word for people while they wait; never on stdout. */
  protected say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Ends with this exit code; the result has been shown. */
  protected leaveWith(exit: number): never {
    throw new ExitOnly(exit);
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000};

/** Milliseconds of 500ms, 30s, 10m, 2h, or a bare number of seconds. @throws SmError INVALID_INPUT. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null)
    throw new SmError('INVALID_INPUT', `${JSON.stringify(text)} is no duration`, {
      hint: 'as 500ms, 30s, 10m',
    });
  return Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1_000));
}
