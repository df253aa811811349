/**
 * Every command with calls that succeed and calls that fail, and the exit code that is documented for each. A call is made
 * twice: `{n}` is 1 without --json and 2 with it; what else stands in braces are places of the bed. Calls of one command run one after the other, commands side by side.
 */
export type Case = readonly [line: string, exit: number];

/** They start processes, live by signals or follow a stream: every call is a process. Of all others the first call of each command is one. */
export const PROCESSES: ReadonlySet<string> = new Set([
  'canary',
  'container:run',
  'dev',
  'events',
  'serve',
]);

/** Of calls that would disturb the others: after them. */
export const LAST: readonly Case[] = [['store accept-restore --confirm {service}', 0]];

export const CONTRACT: Readonly<Record<string, readonly Case[]>> = {
  apply: [
    ['apply -f {dir}/apps.yml', 0],
    ['apply -f {dir}/apps.yml --dry-run', 0],
    ['apply -f {dir}/none.yml', 2],
    ['apply -f {dir}/broken.yml', 2],
    ['apply -f {dir}/less.yml --if-revision 1', 4],
    ['apply -f {dir}/less.yml --prune', 2],
    ['apply -f {dir}/less.yml --prune --confirm-all --dry-run', 0],
    ['apply -f {dir}/less.yml --confirm-all', 2],
  ],
  audit: [
    ['audit -a orders --endpoints {etcd} --etcd-prefix {prefix}', 0],
    ['audit --endpoints {etcd} --etcd-prefix /nowhere', 3],
    ['audit --endpoints {etcd} --etcd-prefix {prefix} --since 99999999', 2],
  ],
  autocomplete: [
    ['autocomplete', 0],
    ['autocomplete bash', 0],
    ['autocomplete tcsh', 2],
  ],
  canary: [
    [
      'canary --containers 2 --shards 2 --duration {measures-for} --endpoints {etcd} --etcd-prefix {prefix}',
      0,
    ],
    ['canary --duration 3s --server {closed}', 6],
    ['canary --faults flood', 2],
  ],
  complete: [['complete -- shard get -a ord', 0]],
  dev: [
    ['dev --containers 1 --shards 2 --timeout {runs-for} --port 0 --store-port 0', 0],
    ['dev --containers 0', 2],
  ],
  diff: [
    ['diff -f {dir}/other.yml', 0],
    ['diff -f {dir}/other.yml --exit-code', 8],
    ['diff -f {dir}/broken.yml', 2],
  ],
  doctor: [
    ['doctor --server {closed}', 10],
    // Shards of the bed have no container.
    ['doctor', 10],
  ],
  'etcd:init-roles': [
    ['etcd init-roles --service s --app orders --print', 0],
    ['etcd init-roles --print', 2],
    ['etcd init-roles --service s --endpoints 127.0.0.1:1', 6],
  ],
  'migrate:report': [
    ['migrate report --config-file {dir}/none.yml', 2],
    ['migrate report', 2],
  ],
  'migrate:release': [
    ['migrate release --config-file {dir}/none.yml --confirm sm', 2],
    ['migrate release', 2],
  ],
  events: [
    ['events -a orders', 0],
    ['events -w --timeout {runs-briefly}', 0],
    ['events -a nobody', 3],
    ['events --audit --since 24h', 0],
  ],
  explain: [
    ['explain apps.shards', 0],
    ['explain apps.shrads', 3],
    ['explain', 2],
  ],
  export: [
    ['export -a orders', 0],
    ['export -a nobody', 3],
  ],
  help: [
    ['help exit-codes', 0],
    ['help shard add', 0],
    ['help no-such-thing', 3],
  ],
  plan: [
    ['plan -a orders', 0],
    ['plan -f {dir}/other.yml', 3],
    ['plan -a orders --without nobody', 3],
    ['plan -a nobody', 3],
  ],
  record: [
    ['record -a orders --for 1s --out {dir}/trace{n}.jsonl', 0],
    ['record -a orders --for 1s --out {dir}/trace{n}.jsonl', 2],
    ['record -a nobody --for 1s --out {dir}/never.jsonl', 3],
    ['record -a orders --for 1s --out {dir}/never.jsonl --server {closed}', 6],
    // What was recorded can be played.
    ['sim --trace {dir}/trace{n}.jsonl', 0],
  ],
  schema: [
    ['schema', 0],
    ['schema apps', 0],
    ['schema getContainers', 0],
    ['schema nothing', 3],
  ],
  serve: [
    ['serve --config-file {dir}/sm.yml --check', 0],
    ['serve --config-file {dir}/none.yml --check', 2],
    ['serve', 2],
  ],
  sim: [
    [
      'sim -f {dir}/apps.yml --synthetic partitions --compare defaults --svg {dir}/curves{n}.svg',
      0,
    ],
    ['sim --synthetic partitions --write-trace {dir}/curves{n}.svg', 2],
    ['sim --synthetic partitions --write-trace {dir}/curves{n}.svg --overwrite', 0],
    ['sim --synthetic partitions --trace {dir}/none.jsonl', 2],
    ['sim --trace {dir}/apps.yml', 2],
    ['sim --synthetic nothing', 2],
  ],
  status: [
    ['status', 0],
    ['status --server {closed}', 6],
    ['status --timeout 600h', 2],
  ],
  'token:create': [
    ['token create ci --role operate --app orders-*', 0],
    ['token create ci --role root', 2],
    ['token create two/words --role view', 2],
  ],
  top: [
    ['top --timeout {runs-briefly}', 0],
    ['top --server {closed}', 6],
    ['top --no-such-flag', 2],
  ],
  undo: [
    ['app update resumed --max-recovery-time {n}', 0],
    ['undo -a resumed --dry-run', 0],
    ['undo -a resumed 1', 3],
    ['undo -a resumed one', 2],
  ],
  validate: [
    ['validate -f {dir}/apps.yml', 0],
    ['validate -f {dir}/broken.yml', 2],
  ],
  version: [
    ['version', 0],
    ['version --no-such-flag', 2],
  ],
  wait: [
    ['wait app/orders --for exists', 0],
    ['wait app/orders --for gone --timeout 1s', 7],
    ['wait app/orders --for nonsense', 2],
    ['wait daemon --for ready', 0],
    ['wait daemon --for gone', 2],
    ['wait apps --for gone', 2],
  ],
  'app:create': [
    ['app create fresh{n}', 0],
    ['app create orders --max-recovery-time 60', 4],
    ['app create orders --if-not-exists', 0],
    ['app create or/ders', 2],
  ],
  'app:get': [
    ['app get orders', 0],
    ['app get nobody', 3],
  ],
  'app:ls': [
    ['app ls', 0],
    ['app ls --state never', 2],
    ['app ls extra', 2],
    ['app ls --watch --timeout {runs-briefly}', 0],
    ['app ls --watch --sort-by app', 2],
  ],
  'app:watch': [
    ['app watch --timeout {runs-briefly}', 0],
    ['app watch extra', 2],
  ],
  'app:pause': [
    ['app pause paused', 0],
    ['app pause nobody', 3],
  ],
  'app:quota': [
    ['app quota orders --shards 5000', 0],
    ['app quota orders --shards default', 0],
    ['app quota orders --shards many', 2],
    ['app quota orders', 0],
    ['app quota nobody', 3],
    ['app quota nobody --shards 5', 3],
  ],
  'app:resume': [
    ['app resume resumed', 0],
    ['app resume nobody', 3],
  ],
  'app:rm': [
    ['app rm leaving{n}', 2],
    ['app rm leaving{n} --confirm leaving{n} --wait', 0],
    ['app rm orders --confirm orders', 4],
    ['app rm nobody --confirm nobody', 3],
  ],
  'app:update': [
    ['app update resumed --max-shard-count 5', 0],
    ['app update nobody --max-shard-count 5', 3],
    ['app update orders --max-shard-count much', 2],
  ],
  'config:view': [
    ['config view', 0],
    ['config view --context unknown', 3],
  ],
  'container:can-stop': [
    ['container can-stop -a stopping y1 --holder ci', 0],
    ['container can-stop -a stopping y1 --holder other', 10],
    ['container can-stop -a stopping y1 --holder ci --release', 0],
    ['container can-stop -a orders nobody', 3],
  ],
  'container:cordon': [
    ['container cordon -a orders c1', 0],
    ['container cordon -a orders nobody', 3],
  ],
  'container:set': [
    ['container set -a orders c1 --weight 2', 0],
    ['container set -a orders c1 --weight registered', 0],
    ['container set -a orders c1', 2],
    ['container set -a orders nobody --zone z1', 3],
  ],
  'container:uncordon': [
    ['container uncordon -a orders c1', 0],
    ['container uncordon -a orders nobody', 3],
  ],
  'container:drain': [
    ['container drain -a orders c1 --dry-run', 0],
    ['container drain -a spare spare{n} --timeout 100s', 0],
    ['container drain -a orders nobody', 3],
  ],
  'container:evict': [
    ['container evict -a orders c1 --dry-run', 0],
    ['container evict -a orders c1', 2],
    ['container evict -a orders nobody --confirm nobody', 3],
    ['container evict -a evicted gone{n} --confirm gone{n} --wait --timeout 100s', 0],
  ],
  'container:get': [
    ['container get -a orders c1', 0],
    ['container get -a orders nobody', 3],
  ],
  'container:ls': [
    ['container ls -a orders', 0],
    ['container ls -a nobody', 3],
    ['container ls', 2],
  ],
  // A run that ends well ends by a signal: ci-script.test.ts.
  'container:run': [['container run -a nobody --endpoints {closed-address}', 6]],
  'container:watch': [
    ['container watch -a orders --timeout {runs-briefly}', 0],
    ['container watch -a orders --for ready', 0],
    ['container watch -a nobody', 3],
  ],
  'context:add': [
    ['context add local', 0],
    ['context add lo/cal', 2],
  ],
  'context:ls': [['context ls', 0]],
  'context:use': [
    ['context use ""', 0],
    ['context use nowhere', 3],
  ],
  'context:rm': [
    ['context rm nowhere --ignore-not-found', 0],
    ['context rm nowhere', 3],
  ],
  'moves:cancel': [
    ['moves cancel -a orders --all', 0],
    ['moves cancel -a orders nothing', 3],
    ['moves cancel -a nobody --all', 3],
  ],
  'moves:get': [
    ['shard pin -a moving m1 x1', 0],
    ['wait shard/moving/m1 --for ready', 0],
    ['shard pin -a moving m1 x2', 0],
    ['wait app/moving --for balanced', 0],
    ['moves get -a moving m1', 0],
    ['moves get -a orders nothing', 3],
    ['moves get -a nobody s1', 3],
  ],
  'moves:ls': [
    ['moves ls -a orders', 0],
    ['moves ls -a nobody', 3],
    ['moves ls -a orders --watch --timeout {runs-briefly}', 0],
    ['moves ls -a orders --watch --limit 3', 2],
  ],
  'moves:watch': [
    ['moves watch -a orders --timeout {runs-briefly}', 0],
    ['moves watch -a nobody', 3],
  ],
  'shard:add': [
    ['shard add -a orders s1 s2', 0],
    ['shard add -a orders new{n} --dry-run', 0],
    ['shard add -a nobody s1', 3],
    ['shard add -a orders s1 --task other', 4],
    ['shard add -a orders s1 s2 --task other', 9],
    ['shard add -a orders', 2],
  ],
  'shard:get': [
    ['shard get -a orders s1', 0],
    ['shard get -a orders nothing', 3],
  ],
  'shard:locate': [
    ['shard locate -a orders s1', 0],
    ['shard locate -a orders nothing', 3],
  ],
  'shard:ls': [
    ['shard ls -a orders', 0],
    ['shard ls -a nobody', 3],
    ['shard ls -a orders --sort-by NOTHING', 2],
  ],
  'shard:pin': [
    ['shard pin -a orders s1 c1', 0],
    ['shard pin -a orders nothing c1', 3],
    ['shard pin -a orders s1 nowhere', 2],
    // It takes nothing new: the shard would run nowhere.
    ['shard pin -a moving m1 x1', 0],
    ['wait app/moving --for balanced', 0],
    ['container cordon -a moving x2', 0],
    ['shard pin -a moving m1 x2', 2],
    ['shard pin -a moving m1 x1', 0],
    ['container uncordon -a moving x2', 0],
    ['shard pin -a orders nothing nowhere --force', 3],
  ],
  'shard:update': [
    ['shard update -a orders s1 --task other{n}', 0],
    ['shard update -a orders s1', 2],
    ['shard update -a orders nothing --task other', 3],
  ],
  'shard:watch': [
    ['shard watch -a orders --timeout {runs-briefly}', 0],
    ['shard watch -a nobody', 3],
  ],
  'shard:rm': [
    ['shard rm -a orders old{n}', 0],
    ['shard rm -a orders nothing --ignore-not-found', 0],
    ['shard rm -a orders nothing', 3],
    ['shard rm -a nobody s1', 3],
  ],
  'shard:unpin': [
    ['shard unpin -a orders s2', 0],
    ['shard unpin -a orders nothing', 3],
  ],
  'shard:why': [
    ['shard why -a orders s1', 0],
    ['shard why -a orders nothing', 3],
  ],
  'store:accept-restore': [
    // What it does when it is confirmed comes last of all: it is for all apps.
    ['store accept-restore', 2],
    ['store accept-restore --confirm other', 2],
  ],
  'store:disarm': [
    ['store disarm --endpoints {etcd}', 0],
    ['store disarm', 2],
    ['store disarm --endpoints 127.0.0.1:1', 6],
  ],
  'store:export': [
    ['store export --endpoints {etcd} --etcd-prefix {prefix} --live -f {dir}/export{n}.jsonl', 0],
    ['store export --endpoints {etcd} --etcd-prefix {prefix} --live -f {dir}/export{n}.jsonl', 2],
    ['store export --data-dir {dir}/nowhere -f {dir}/never.jsonl', 3],
  ],
  'store:import': [
    ['store import --endpoints {etcd} --etcd-prefix {prefix}-{n} -f {dir}/moved.jsonl', 0],
    ['store import -f {dir}/none.jsonl --endpoints {etcd}', 2],
  ],
  'worker:add': [
    ['worker add -a orders pool c9', 0],
    ['worker add -a nobody pool c9', 3],
  ],
  'worker:ls': [
    ['worker ls -a orders', 0],
    ['worker ls -a nobody', 3],
  ],
  'worker:rm': [
    ['worker rm -a orders other w{n}', 0],
    ['worker rm -a orders pool nobody', 3],
    // Its last member: the shard of the group would run nowhere.
    ['worker add -a moving last{n} x1', 0],
    ['shard add -a moving g{n} --worker-group last{n}', 0],
    ['worker rm -a moving last{n} x1', 2],
    ['worker rm -a moving last{n} x1 --confirm last{n}', 0],
    ['shard rm -a moving g{n}', 0],
  ],
};
