#!/usr/bin/env bash
# An app's life in a pipeline: create, scale, drain, wait, tear down. Decides by exit codes and JSON alone.
#
#   SM_SERVER=http://127.0.0.1:8801 examples/ci/lifecycle.sh [APP]
#
# The app is created and removed by this script: one that is there already is left alone, and the script ends with 1.
# Two containers of the app have to run, or to wait for it (`sm container run -a APP --wait-for-app`).
# SM: the command to call, default sm. SM_WAIT: limit of each wait, default 2m.
set -euo pipefail

app=${1:-ci-app}
sm=${SM:-sm}
limit=${SM_WAIT:-2m}
# Only what this run has created is removed again.
created=no

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "FAILED: $*"
  exit 1
}

# field EXPRESSION: of the document on stdin, named `it`.
field() {
  node -e '
    const it = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const value = new Function("it", `return ${process.argv[1]}`)(it);
    process.stdout.write(String(value));
  ' "$1"
}

# expect CODE COMMAND...: the command ends with this exit code, whatever it prints.
expect() {
  local wanted=$1 found=0
  shift
  "$@" >/dev/null || found=$?
  [ "$found" -eq "$wanted" ] || fail "$* exited $found, not $wanted"
}

# Nothing of this run stays behind, also when a step fails.
cleanup() {
  [ "$created" = no ] ||
    "$sm" app rm "$app" --force --confirm "$app" --ignore-not-found >/dev/null || true
}
trap cleanup EXIT

say "create $app with 6 shards"
# A second run, or somebody's app of this name: neither is ours to change.
expect 3 "$sm" app get "$app"
result=$("$sm" app create "$app" --shards 6 --max-recovery-time 0 --reason "ci run" --json | field it.result)
[ "$result" = created ] || fail "$app was there already ($result): give the name of an app that is not"
created=yes
# Creating it again changes nothing and is no failure; another recovery time is a conflict.
expect 0 "$sm" app create "$app" --max-recovery-time 0
expect 4 "$sm" app create "$app" --max-recovery-time 60
"$sm" wait "app/$app" --for ready --timeout "$limit" >/dev/null

say "scale to 10 shards"
"$sm" shard add -a "$app" --count 4 --prefix extra- --wait --timeout "$limit" >/dev/null
ready=$("$sm" app get "$app" --json | field it.shards.ready)
[ "$ready" -eq 10 ] || fail "$ready of 10 shards are ready"
"$sm" wait "app/$app" --for balanced --timeout "$limit" >/dev/null

say "drain one container"
read -r victim < <("$sm" container ls -a "$app" -o name) || fail "no container runs $app"
"$sm" container drain -a "$app" "$victim" --reason "ci run" --timeout "$limit" >/dev/null
left=$("$sm" container get -a "$app" "$victim" --json | field it.shards.total)
[ "$left" -eq 0 ] || fail "$victim still has $left shards"
# The others run everything now.
"$sm" wait "app/$app" --for ready --timeout "$limit" >/dev/null
"$sm" container uncordon -a "$app" "$victim" >/dev/null
"$sm" wait "app/$app" --for balanced --timeout "$limit" >/dev/null

say "scale down to 6 shards"
"$sm" shard rm -a "$app" extra-1 extra-2 extra-3 extra-4 >/dev/null
"$sm" wait "shard/$app/extra-4" --for gone --timeout "$limit" >/dev/null
expect 3 "$sm" shard get -a "$app" extra-4

say "tear down"
# It is in use: refused without --force.
expect 4 "$sm" app rm "$app" --confirm "$app"
"$sm" app rm "$app" --force --confirm "$app" --wait --timeout "$limit" >/dev/null
created=no
expect 3 "$sm" app get "$app"
say "done"
