/** Runs single tests of the suite, with and without a mutant in the sources that they import. */
import {join} from 'node:path';
import type {TestModule} from 'vitest/node';
import {LONG_MS} from '../support/until.ts';
import {planted} from './mutant.ts';
import type {KilledByTest, Mutant} from './mutant.ts';
import {PatchedVitest} from './patched-vitest.ts';

/** So long a test waits in vain where waiting is how a mutant shows. Any other test has `LONG_MS`: the machine may be loaded. */
const WAIT_LIMIT_MS = 10_000;

export type Noticed = 'passed' | 'failed' | 'timed out' | 'missing';

export class TestRunner {
  private readonly root: string;
  private readonly tests: PatchedVitest;

  private constructor(root: string, tests: PatchedVitest) {
    this.root = root;
    this.tests = tests;
  }

  static async open(root: string): Promise<TestRunner> {
    return new TestRunner(root, await PatchedVitest.open(root));
  }

  /** What the tests say of the sources as they are, each file loaded once: those that pass. */
  async passing(tests: readonly KilledByTest[]): Promise<Set<KilledByTest>> {
    // With no file named, vitest would run every test that there is.
    if (tests.length === 0) return new Set();
    const files = [...new Set(tests.map(({file}) => file))];
    const names = new Set(tests.map(({test}) => escaped(test)));
    const modules = await this.named(`(?:${[...names].join('|')})`, files);
    return new Set(tests.filter((test) => outcome(this.root, modules, test) === 'passed'));
  }

  /** What the named test says with the mutant planted. */
  async run(test: KilledByTest, mutant: Mutant): Promise<Noticed> {
    const {name, file} = mutant;
    this.tests.limitTests(test.waits === true ? WAIT_LIMIT_MS : LONG_MS);
    const patch = {name, file, apply: (source: string) => planted(source, mutant)};
    const modules = await this.tests.patched(patch, () =>
      this.named(escaped(test.test), [test.file]),
    );
    return outcome(this.root, modules, test);
  }

  /** Of these files the tests of these names. */
  private async named(pattern: string, files: readonly string[]): Promise<readonly TestModule[]> {
    const {vitest} = this.tests;
    vitest.setGlobalTestNamePattern(new RegExp(`^${pattern}$`));
    try {
      return await this.tests.runFiles(files);
    } finally {
      vitest.resetGlobalTestNamePattern();
    }
  }

  close(): Promise<void> {
    return this.tests.close();
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
