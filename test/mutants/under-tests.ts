/** Runs single tests of the suite, with and without a mutant in the sources that they import. */
import {join} from 'node:path';
import {createVitest} from 'vitest/node';
import type {TestModule, Vitest} from 'vitest/node';
import {LONG_MS} from '../support/until.ts';
import {planted} from './mutant.ts';
import type {KilledByTest, Mutant} from './mutant.ts';

/** So long a test waits in vain where waiting is how a mutant shows. Any other test has `LONG_MS`: the machine may be loaded. */
const WAIT_LIMIT_MS = 10_000;
/** Nothing ends a loop that never yields: such a mutant needs another test. */
const HANG_LIMIT_MS = 300_000;

export type Noticed = 'passed' | 'failed' | 'timed out' | 'missing';

export class TestRunner {
  private readonly root: string;
  private readonly vitest: Vitest;
  private readonly now: {mutant: Mutant | undefined};

  private constructor(root: string, vitest: Vitest, now: {mutant: Mutant | undefined}) {
    this.root = root;
    this.vitest = vitest;
    this.now = now;
  }

  static async open(root: string): Promise<TestRunner> {
    const now: {mutant: Mutant | undefined} = {mutant: undefined};
    const plugin = {
      name: 'mutant',
      enforce: 'pre' as const,
      transform: (code: string, id: string) => {
        const {mutant} = now;
        if (mutant === undefined || id.split('?')[0] !== join(root, mutant.file)) return undefined;
        return {code: planted(code, mutant), map: null};
      },
    };
    const options = {
      ...{root, watch: false, reporters: [{}], testTimeout: LONG_MS, hookTimeout: LONG_MS},
      ...{maxWorkers: 1, pool: 'threads' as const, execArgv: []},
    };
    const vitest = await createVitest('test', options, {plugins: [plugin]});
    return new TestRunner(root, vitest, now);
  }

  /** What the tests say of the sources as they are, each file loaded once: those that pass. */
  async passing(tests: readonly KilledByTest[]): Promise<Set<KilledByTest>> {
    // With no file named, vitest would run every test that there is.
    if (tests.length === 0) return new Set();
    const files = [...new Set(tests.map(({file}) => file))];
    const names = new Set(tests.map(({test}) => escaped(test)));
    this.vitest.setGlobalTestNamePattern(new RegExp(`^(?:${[...names].join('|')})$`));
    const modules = await this.runFiles(files);
    this.vitest.resetGlobalTestNamePattern();
    return new Set(tests.filter((test) => outcome(this.root, modules, test) === 'passed'));
  }

  /** What the named test says with the mutant planted. */
  async run(test: KilledByTest, mutant: Mutant): Promise<Noticed> {
    const path = join(this.root, mutant.file);
    this.now.mutant = mutant;
    this.vitest.invalidateFile(path);
    this.vitest.setGlobalTestNamePattern(new RegExp(`^${escaped(test.test)}$`));
    this.limitTests(test.waits === true ? WAIT_LIMIT_MS : LONG_MS);
    try {
      return outcome(this.root, await this.runFiles([test.file]), test);
    } finally {
      this.now.mutant = undefined;
      this.vitest.invalidateFile(path);
      this.vitest.resetGlobalTestNamePattern();
      this.limitTests(LONG_MS);
    }
  }

  private limitTests(limitMs: number): void {
    for (const {config} of this.vitest.projects) config.testTimeout = limitMs;
  }

  private async runFiles(files: readonly string[]): Promise<readonly TestModule[]> {
    const hanging = setTimeout(() => {
      console.error(`hangs: ${this.now.mutant?.name ?? 'no mutant'} in ${files.join(' ')}`);
      process.exit(1);
    }, HANG_LIMIT_MS);
    const paths = files.map((file) => join(this.root, file));
    const specifications = await this.vitest.globTestSpecifications(paths);
    const {testModules} = await this.vitest.runTestSpecifications(specifications, true);
    clearTimeout(hanging);
    return testModules;
  }

  async close(): Promise<void> {
    await this.vitest.close();
  }
}

/** A file that does not load at all tells nothing of the rule: it is `missing`. Modules of earlier runs may be among them. */
function outcome(
  root: string,
  modules: readonly TestModule[],
  {file, test}: KilledByTest,
): Noticed {
  const module = modules.find(({moduleId}) => moduleId === join(root, file));
  for (const one of module?.children.allTests() ?? []) {
    if (nameOf(one.fullName) !== nameOf(test)) continue;
    const {state, errors} = one.result();
    if (state === 'failed') return (errors ?? []).some(isTimeout) ? 'timed out' : 'failed';
    if (state === 'passed') return state;
  }
  return 'missing';
}

/** Vitest gives these no type of their own. */
function isTimeout({message}: {message: string}): boolean {
  return /^(Test|Hook) timed out in \d+ms/.test(message);
}

function nameOf(fullName: string): string {
  return fullName.replaceAll(' > ', ' ');
}

function escaped(text: string): string {
  return nameOf(text).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
