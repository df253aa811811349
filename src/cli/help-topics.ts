/** What `sm help TOPIC` tells beside the commands. */

export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'a bug of sm'],
  [2, 'wrong input: flags, names, files'],
  [3, 'not found'],
  [4, 'conflict with what is there'],
  [5, 'not allowed'],
  [6, 'cannot be reached'],
  [7, 'timed out; the work may go on'],
  [8, 'changes found (only with --exit-code)'],
  [9, 'some of many failed'],
  [10, 'a check failed, or refused for safety'],
  [130, 'Ctrl-C: the waiting was stopped, the work goes on'],
  [143, 'SIGTERM'],
];

export const HELP_TOPICS: Readonly<Record<string, {summary: string; text: string}>> = {
  'exit-codes': {
    summary: 'what each exit code means',
    text: [
      'Every command uses the same exit codes, with and without --json:',
      '',
      ...EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`),
    ].join('\n'),
  },
  output: {
    summary: 'forms of results, and what scripts may rely on',
    text: [
      '-o table   for people; piped: one row an object, uncut, without colour',
      '-o wide    more columns',
      '-o json    exactly one document on stdout, in success and in failure (--json is short for it)',
      '-o jsonl   one object a line',
      '-o yaml    the same document as YAML',
      '-o name    one name a line',
      '',
      'stdout holds the result and nothing else; progress, notes and errors go to stderr.',
      'Fields of the JSON are only ever added. 64-bit numbers are text, times are RFC 3339 in UTC, units are in names (ageMs).',
      'A failure is {"kind":"Error","error":{"code","exit","message","why","fix":[],"retryable","requestId"}}.',
      'Lists: --sort-by COLUMN (or -COLUMN), --state, --limit; what is cut is said: "showing 50 of 480".',
      'Names that were not written by sm are shown with control characters made visible.',
    ].join('\n'),
  },
  contexts: {
    summary: 'where settings come from',
    text: [
      'A flag wins over the environment, the environment over the context, the context over the default.',
      'Nothing in the current folder chooses the server.',
      '',
      '  --server      SM_SERVER      server      http://127.0.0.1:8801',
      '  -a, --app     SM_APP         app',
      '  -o, --output  SM_OUTPUT      output      table',
      '  --timeout     SM_TIMEOUT     timeout',
      '  --token-file  SM_TOKEN_FILE  tokenFile',
      '  --context     SM_CONTEXT     (which context)',
      '',
      'Contexts stand in $XDG_CONFIG_HOME/sm/config.yml:',
      '  sm context add prod-eu --server https://sm.example.org:8801 --token-file ~/.sm-token --use',
      '  sm config view',
    ].join('\n'),
  },
  apply: {
    summary: 'declaring apps in files',
    text: [
      'A file names apps with their limits, shards, worker groups and pins; see examples/apps.yml and sm explain apps.',
      '',
      '  sm validate -f apps.yml     checks the file alone, with file:line:column',
      '  sm diff -f apps.yml         what would change; --exit-code: 8 when something would',
      '  sm plan -f apps.yml         which shards would move',
      '  sm apply -f apps.yml        makes it so; again: unchanged',
      '  sm export -a orders         the file of what is there, the same bytes for the same apps',
      '',
      'What is there and not in the file stays, unless --prune is given and confirmed.',
      '--if-revision N refuses when somebody changed the specs since sm export printed revision N.',
      'An apply that was cut off is gone on with by the same call; another file has to wait until it is done, or a minute.',
    ].join('\n'),
  },
  scripts: {
    summary: 'sm in scripts and CI',
    text: [
      'Every command works without a terminal and never asks there: dangerous ones want --confirm NAME, else exit 2.',
      'Writes are idempotent and say "changed"; --if-not-exists and --ignore-not-found make them repeatable.',
      'sm wait app/orders --for ready --timeout 5m exits 0, or 7 and lists what is missing.',
      'examples/ci/lifecycle.sh creates, scales, drains and removes an app with exit codes and JSON alone.',
    ].join('\n'),
  },
  states: {
    summary: 'states of containers, shards and moves',
    text: [
      'containers: waiting (for its id), ready, leaving, suspect (no heartbeat seen for 2T/5), silent (its right to act has passed),',
      '            lost (taken out), unreachable (alive in etcd, deaf by HTTP), cordoned, draining',
      'shards:     ready, owned (add runs), assigned (chosen, not claimed), dropping, free (between two owners), unplaced,',
      '            failed (add failed five times in a row), quarantined (record or spec cannot be read)',
      'moves:      queued, held (the app is paused), cancelled, then dropping, free, assigned, adding, and done or failed',
    ].join('\n'),
  },
};
