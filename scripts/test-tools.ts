/** Programs that tests run beside sm. What is missing is installed where that can be done unasked, else the tests that need it are left out. */
import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';

interface Tool {
  readonly program: string;
  /** Debian's package. */
  readonly packageName: string;
  /** Tests that cannot run without it, as Vitest's globs. */
  readonly tests: readonly string[];
}

const TOOLS: readonly Tool[] = [
  {
    program: 'etcd',
    packageName: 'etcd-server',
    tests: [
      'test/conformance/**',
      ...['any-endpoint', 'auth-switch', 'login-change', 'out-of-space', 'tls', 'traps'].map(
        (name) => `test/integration/etcd-${name}.test.ts`,
      ),
      'test/integration/fencing/**',
      'test/integration/store-transfer.test.ts',
      'test/e2e/readme-etcd.test.ts',
    ],
  },
  {
    program: 'etcdctl',
    packageName: 'etcd-client',
    tests: [
      'test/conformance/etcdctl.test.ts',
      ...[
        'auth',
        'auth-switch',
        'login-change',
        'out-of-space',
        'roles',
        'signed-tokens',
        'tls',
      ].map((name) => `test/integration/etcd-${name}.test.ts`),
      'test/integration/store-transfer.test.ts',
    ],
  },
  {
    program: 'promtool',
    packageName: 'prometheus',
    tests: ['test/monitoring/exported.test.ts', 'test/monitoring/rules.test.ts'],
  },
  {
    program: 'tmux',
    packageName: 'tmux',
    tests: ['test/e2e/views-terminal.test.ts', 'test/e2e/readme-commands.test.ts'],
  },
];

/** What the tests run with. */
export interface Tools {
  /** Programs that are not there and could not be installed. */
  readonly missing: readonly string[];
  /** Tests left out for them, as Vitest's globs. */
  readonly leftOut: readonly string[];
  /** What tests must be told. */
  readonly env: Readonly<Record<string, string>>;
}

/** Finds the tools, installs those that are missing where it may (Debian; root, or sudo without a password), and says what tests have to do without. */
export function findTools(): Tools {
  const wanted = TOOLS.filter(({program}) => !isOnPath(program));
  if (wanted.length > 0) install(wanted.map(({packageName}) => packageName));
  const missing = wanted.filter(({program}) => !isOnPath(program));
  const hasEtcd = missing.every(({program}) => program !== 'etcd');
  return {
    missing: missing.map(({program}) => program),
    leftOut: missing.flatMap(({tests}) => tests),
    // Whatever can run on the embedded store does.
    env: hasEtcd ? {} : {SM_TEST_STORE: 'embedded'},
  };
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Quiet when it works. Where it does not, the summary says what was left out. */
function install(packages: readonly string[]): void {
  if (!existsSync('/usr/bin/apt-get')) return;
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  for (const args of [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages],
  ]) {
    const [program = '', ...rest] = [...root, ...env, ...args];
    if (spawnSync(program, rest, {stdio: 'ignore'}).status !== 0) return;
  }
}
