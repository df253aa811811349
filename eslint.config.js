import tseslint from 'typescript-eslint';

/** Which folders of src each folder may import; docs/architecture.md tells why. `model` is open to all. */
const ZONES = {
  model: [],
  // Its errors are those of all: a file that is refused is refused in the same words everywhere.
  runtime: ['model'],
  planner: ['model'],
  ownership: ['model'],
  load: ['model'],
  appstate: ['model'],
  governor: ['model', 'appstate', 'load', 'ownership', 'planner'],
  simulator: ['model', 'appstate', 'load', 'ownership', 'planner', 'governor'],
  protocol: ['model', 'load'],
  config: ['model', 'runtime'],
  etcd: ['model', 'protocol', 'runtime'],
  store: ['model', 'protocol', 'etcd', 'runtime'],
  appview: ['model', 'appstate', 'load', 'protocol', 'etcd', 'store', 'runtime'],
  audit: ['model', 'protocol', 'etcd'],
  embedded: ['model', 'protocol', 'runtime'],
  container: ['model', 'load', 'ownership', 'protocol', 'etcd', 'store', 'runtime'],
  server: [
    'model',
    'appstate',
    'load',
    'appview',
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
  cli: ['model', 'protocol', 'config', 'runtime', 'admin', 'simulator'],
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

/**
 * Which rooms of the server each of its rooms may import. What stands in `src/server` itself puts the daemon together: it may import
 * all of them, and none of them it. So with `handlers.ts`, which puts the admin API together.
 */
const SERVER_ZONES = {
  contact: [],
  http: [],
  push: ['contact'],
  governing: ['contact', 'push'],
  metrics: ['governing'],
  'admin/read': ['admin'],
  'admin/plan': ['admin', 'admin/read'],
  'admin/wait': ['admin', 'admin/read'],
  'admin/stream': ['admin', 'admin/read'],
  'admin/write': ['http', 'governing', 'admin', 'admin/read'],
};
const SERVER_ROOMS = [...Object.keys(SERVER_ZONES), 'admin'];
const PURE = [
  'model',
  'planner',
  'ownership',
  'load',
  'appstate',
  'governor',
  'simulator',
  'audit',
];

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
const DEPTHS = [1, 2, 3, 4];

/** `../../` and so on from a folder to what stands in another one, as a regular expression; both as lists of names below src. */
function way(from, to) {
  let common = 0;
  while (common < to.length && from[common] === to[common]) common += 1;
  const up = from.length - common;
  const down = to
    .slice(common)
    .map((name) => `${name}/`)
    .join('');
  return `^${up === 0 ? '\\./' : '(\\.\\./)'.concat(`{${up}}`)}${down}`;
}

/** A room of the server at one depth; `outer` holds for all of the server. */
function serverRoom(room, depth, outer) {
  const folder = ['server', ...room.split('/'), ...Array(depth).fill('*')];
  const allowed = new Set([room, ...SERVER_ZONES[room]]);
  const banned = SERVER_ROOMS.filter((other) => !allowed.has(other)).map((other) => ({
    regex: `${way(folder, ['server', ...other.split('/')])}[^/]+${other === 'admin' ? '$' : ''}`,
    message: `${room} may not import ${other}`,
  }));
  const own = {
    regex: `${way(folder, ['server'])}[^/]+$`,
    message: `${room} may not import what puts the daemon together`,
  };
  const handlers = {
    regex: `${way(folder, ['server', 'admin'])}handlers\\.ts$`,
    message: `${room} may not import what puts the admin API together`,
  };
  return {
    files: [`src/${folder.join('/')}/*.ts`],
    plugins: {'@typescript-eslint': tseslint.plugin},
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {patterns: [...outer, ...banned, own, handlers]},
      ],
    },
  };
}

/** Static imports only: commands load heavy rooms by `await import()` inside `run()`. */
function zones(folder) {
  const allowed = new Set([folder, ...ZONES[folder]]);
  const banned = FOLDERS.filter((other) => !allowed.has(other));
  return DEPTHS.flatMap((depth) => {
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
    const whole = {
      files,
      plugins: {'@typescript-eslint': tseslint.plugin},
      rules: {'@typescript-eslint/no-restricted-imports': ['error', {patterns}]},
    };
    return folder === 'server' ? [whole, ...serverRooms(depth, patterns)] : [whole];
  });
}

/** The rooms of the server whose files lie so deep below src. The later of two blocks for one file wins, so each repeats `outer`. */
function serverRooms(depth, outer) {
  return Object.keys(SERVER_ZONES).flatMap((room) => {
    const below = depth - 1 - room.split('/').length;
    return below < 0 ? [] : [serverRoom(room, below, outer)];
  });
}

export {SERVER_ZONES, ZONES};

/** What oxlint, which has all other rules (`.oxlintrc.json`), cannot say: paths by regular expression, and syntax by selector. */
export default tseslint.config(
  {files: ['src/**/*.{ts,tsx}'], languageOptions: {parser: tseslint.parser}},
  ...FOLDERS.flatMap(zones),
  {
    files: PURE.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-syntax': ['error', ...TIME_AND_CHANCE],
      'no-restricted-globals': ['error', ...OUTSIDE],
    },
  },
  {
    files: ['cli', 'commands', 'views'].map((folder) => `src/${folder}/**/*.{ts,tsx}`),
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name="padEnd"]',
          message: 'text for people is padded by columns: fit of model/text-width.ts',
        },
        {
          selector: 'ImportDeclaration[source.value="string-width"]',
          message: 'model/text-width.ts says how many columns a text takes',
        },
      ],
    },
  },
);
