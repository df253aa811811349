import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Which folders of src each folder may import; docs/architecture.md tells why. `model` is open to all. */
const ZONES = {
  model: [],
  runtime: [],
  planner: ['model'],
  ownership: ['model'],
  governor: ['model', 'ownership', 'planner'],
  protocol: ['model'],
  config: ['model'],
  etcd: ['model', 'protocol', 'runtime'],
  store: ['model', 'protocol', 'etcd', 'runtime'],
  audit: ['model', 'protocol', 'etcd'],
  embedded: ['model', 'protocol', 'runtime'],
  container: ['model', 'ownership', 'protocol', 'etcd', 'store', 'runtime'],
  server: [
    'model',
    'runtime',
    'planner',
    'ownership',
    'governor',
    'protocol',
    'config',
    'etcd',
    'store',
    'embedded',
    'container',
  ],
  admin: ['model', 'protocol'],
  cli: ['model', 'protocol', 'config', 'runtime', 'admin'],
  transfer: ['model', 'protocol', 'config', 'runtime', 'etcd', 'audit', 'embedded', 'server'],
  dev: [
    'model',
    'protocol',
    'config',
    'runtime',
    'embedded',
    'container',
    'server',
    'cli',
    'admin',
  ],
  views: ['model', 'protocol'],
  commands: ['cli', 'admin', 'views', 'config', 'protocol', 'model', 'runtime'],
};
const FOLDERS = Object.keys(ZONES);
const PURE = ['model', 'planner', 'ownership', 'governor', 'audit'];

const TIME_AND_CHANCE = [
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'time is an argument in pure rooms'],
  [
    'MemberExpression[object.name="Date"][property.name="now"]',
    'time is an argument in pure rooms',
  ],
  [
    'MemberExpression[object.name="Math"][property.name="random"]',
    'chance is an argument in pure rooms',
  ],
  ['ImportDeclaration[source.value=/^node:/]', 'pure rooms touch nothing outside'],
  ['AwaitExpression', 'pure rooms are synchronous'],
  [':function[async=true]', 'pure rooms are synchronous'],
].map(([selector, message]) => ({selector, message}));

const OUTSIDE = [
  'process',
  'performance',
  'crypto',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Promise',
];

/** Folders below src up to this depth are held; a folder inside a room may bear the name of another room (server/admin). */
const DEPTHS = [1, 2, 3];

/** Static imports only: commands load heavy rooms by `await import()` inside `run()`. */
function zones(folder) {
  const allowed = new Set([folder, ...ZONES[folder]]);
  const banned = FOLDERS.filter((other) => !allowed.has(other));
  return DEPTHS.map((depth) => {
    const up = `^(\\.\\./){${depth}}`;
    const patterns = banned.map((other) => ({
      regex: `${up}${other}/`,
      message: `${folder} may not import ${other}`,
      // Types weigh nothing at start-up; what commands must not load is code.
      allowTypeImports: folder === 'commands',
    }));
    if (folder === 'server') {
      patterns.push({
        regex: `${up}container/(?!index\\.ts|internal\\.ts)`,
        message: 'server uses container by its doors',
      });
    }
    if (folder === 'container') {
      patterns.push({regex: '^(@oclif|ink|react|fastify)', message: 'the SDK stays small'});
    }
    const files = [`src/${folder}/${'*/'.repeat(depth - 1)}*.{ts,tsx}`];
    return {
      files,
      plugins: {'@typescript-eslint': tseslint.plugin},
      rules: {'@typescript-eslint/no-restricted-imports': ['error', {patterns}]},
    };
  });
}

export default tseslint.config(
  {ignores: ['dist/**', 'node_modules/**', 'coverage/**', '.tmp/**', 'examples/**']},
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommended],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {argsIgnorePattern: '^_', varsIgnorePattern: '^_'},
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', {max: 70}],
      'no-console': 'error',
    },
  },
  ...FOLDERS.flatMap(zones),
  {
    files: ['src/views/**/*.{ts,tsx}'],
    plugins: {'react-hooks': reactHooks},
    rules: {'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error'},
  },
  {
    files: PURE.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-syntax': ['error', ...TIME_AND_CHANCE],
      'no-restricted-globals': ['error', ...OUTSIDE],
    },
  },
  {
    files: ['test/**/*.{ts,tsx}', 'scripts/**/*.ts'],
    rules: {'max-lines-per-function': ['error', {max: 120}], 'no-console': 'off'},
  },
);
