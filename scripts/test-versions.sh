#!/usr/bin/env bash
# test-versions.sh [NODE:ETCD ...]: the tests of joining, losses, failover, outages of etcd and the embedded store on other versions of
# Node and etcd than those that `npm test` runs on. Default: 22:3.5 24:3.6. Node comes from the npm registry, etcd is built (needs go).
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 22:3.5 24:3.6

files=(sdk-join container-loss daemon-failover etcd-outage embedded-daemon)
for pair in "$@"; do
  node=${pair%:*} line=${pair#*:}
  folder=$(mktemp -d)
  ln -s "$(scripts/etcd-versions.sh "$line")" "$folder/etcd"
  echo "== Node $node, etcd $line"
  PATH=$folder:$PATH npx -y -p "node@$node" -c "node --version && etcd --version | head -1 && \
    node node_modules/vitest/vitest.mjs run --no-isolate --maxWorkers=2 --reporter=dot ${files[*]/%/.test.ts}"
  rm -r "$folder"
done
