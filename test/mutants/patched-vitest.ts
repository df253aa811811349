/** Vitest in this process, which loads one source of the repository with a change in it. */
import {join} from 'node:path';
import {createVitest} from 'vitest/node';
import type {TestModule, Vitest} from 'vitest/node';
import {LONG_MS} from '../support/until.ts';

/** Nothing ends a loop that never yields. */
const HANG_LIMIT_MS = 300_000;

export interface Patch {
  /** Said when a run hangs. */
  readonly name: string;
  /** Path below the repository. */
  readonly file: string;
  readonly apply: (source: string) => string;
}

export interface PatchedVitestOptions {
  /** Files of tests share their modules. Default: as `vitest.config.ts` says. */
  readonly isolate?: false;
  /** Ends a run with its first failing test. */
  readonly bail?: 1;
  /** Globs of files of tests that are left out. */
  readonly exclude?: readonly string[];
}

export class PatchedVitest {
  readonly vitest: Vitest;
  private readonly root: string;
  private readonly now: {patch: Patch | undefined};

  private constructor(root: string, vitest: Vitest, now: {patch: Patch | undefined}) {
    this.root = root;
    this.vitest = vitest;
    this.now = now;
  }

  static async open(root: string, given: PatchedVitestOptions = {}): Promise<PatchedVitest> {
    const now: {patch: Patch | undefined} = {patch: undefined};
    const plugin = {
      name: 'patch',
      enforce: 'pre' as const,
      transform: (code: string, id: string) => {
        const {patch} = now;
        if (patch === undefined || id.split('?')[0] !== join(root, patch.file)) return undefined;
        return {code: patch.apply(code), map: null};
      },
    };
    const {exclude = [], ...rest} = given;
    const options = {
      ...{root, watch: false, reporters: [{}], testTimeout: LONG_MS, hookTimeout: LONG_MS},
      ...{maxWorkers: 1, pool: 'threads' as const, execArgv: [], exclude: [...exclude], ...rest},
    };
    const vitest = await createVitest('test', options, {plugins: [plugin]});
    return new PatchedVitest(root, vitest, now);
  }

  /** Does the work with the change in place. */
  async patched<T>(patch: Patch, work: () => Promise<T>): Promise<T> {
    const path = join(this.root, patch.file);
    this.now.patch = patch;
    this.vitest.invalidateFile(path);
    try {
      return await work();
    } finally {
      this.now.patch = undefined;
      this.vitest.invalidateFile(path);
    }
  }

  /** So long a test may take that has no limit of its own. */
  limitTests(limitMs: number): void {
    for (const {config} of this.vitest.projects) config.testTimeout = limitMs;
  }

  /** Files or folders of tests. The process ends with 1 when they do not end. */
  async runFiles(files: readonly string[]): Promise<readonly TestModule[]> {
    const hanging = setTimeout(() => {
      console.error(`hangs: ${this.now.patch?.name ?? 'no change'} in ${files.join(' ')}`);
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
