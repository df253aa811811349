#!/usr/bin/env bash
# Restarts every container of an app, one after the other, each only when sm permits it. Run two of these at once: they take turns.
#
#   SM_SERVER=http://127.0.0.1:8801 RESTART='kubectl delete pod' examples/ci/rolling-restart.sh APP
#
# RESTART: command that restarts one container; its id is its last argument, so systemd's orders@ID needs a script of yours. It may return before the container is back.
# HOLDER: name of this deploy; whoever uses it again renews what it holds. Default: the host name and the process id.
# SM: the command to call, default sm. SM_WAIT: limit of each wait, default 10m. LEASE: longest a restart may take, default 5m.
set -euo pipefail

app=${1:?name of the app}
restart=${RESTART:?command that restarts a container}
sm=${SM:-sm}
limit=${SM_WAIT:-10m}
lease=${LEASE:-5m}
holder=${HOLDER:-$(hostname)-$$}

say() { printf '%s\n' "$*" >&2; }

# incarnation ID: which process runs it now; empty while none does. One that is cordoned has come back, too.
incarnation() {
  "$sm" container get -a "$app" "$1" --json 2>/dev/null | node -e '
    const text = require("node:fs").readFileSync(0, "utf8");
    const it = text === "" ? {} : JSON.parse(text);
    const isBack = ["ready", "cordoned", "draining"].includes(it.state);
    process.stdout.write(isBack ? it.incarnation : "");
  ' || true
}

# Gives up what it holds, also when a step fails: the next deploy need not wait for the lease.
held=
cleanup() {
  [ -z "$held" ] ||
    "$sm" container can-stop -a "$app" "$held" --holder "$holder" --release >/dev/null || true
}
trap cleanup EXIT

ids=$("$sm" container ls -a "$app" -o name)
for id in $ids; do
  say "ask for $id"
  "$sm" container can-stop -a "$app" "$id" --holder "$holder" --for "$lease" \
    --reason "rolling restart" --wait --timeout "$limit" >/dev/null
  held=$id
  before=$(incarnation "$id")
  say "restart $id"
  $restart "$id"
  deadline=$((SECONDS + 600))
  until now=$(incarnation "$id") && [ -n "$now" ] && [ "$now" != "$before" ]; do
    [ "$SECONDS" -lt "$deadline" ] || { say "FAILED: $id has not come back"; exit 1; }
    sleep 1
  done
  # It has come back as another process: the permission is over by itself. Giving it back says so at once.
  "$sm" container can-stop -a "$app" "$id" --holder "$holder" --release >/dev/null
  held=
done
"$sm" wait "app/$app" --for ready --timeout "$limit" >/dev/null
say "done"
