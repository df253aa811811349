#!/usr/bin/env bash
# etcd-versions.sh 3.4|3.5|3.6|3.7: prints the path of an etcd of that line, and builds it first when it is not in the cache.
#
# 3.4: what the system has (Debian: 3.4.23), the oldest that we promise to run on.
# 3.5: at least 3.5.33, from where on a paused and resumed leader no longer revokes leases that were renewed elsewhere.
# 3.6: at least 3.6.14, the same mend. 3.7: at least 3.7.1.
# Of each line the newest patch that the Go module proxy had when this was written. The cache is outside of the repository:
# SM_ETCD_CACHE, default ~/.cache/sm-etcd. A build needs go and takes a minute or two.
set -euo pipefail

case ${1:-} in
  3.4) command -v etcd || { echo "no etcd is installed" >&2; exit 1; }; exit 0 ;;
  3.5) version=3.5.35 ;;
  3.6) version=3.6.16 ;;
  3.7) version=3.7.3 ;;
  *) echo "usage: etcd-versions.sh 3.4|3.5|3.6|3.7" >&2; exit 2 ;;
esac

cache=${SM_ETCD_CACHE:-$HOME/.cache/sm-etcd}
program=$cache/etcd-$version
if [ ! -x "$program" ]; then
  mkdir -p "$cache"
  # The replace directives in etcd's own modules forbid to install them by name: a module of one line takes them as a library.
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  cat > main.go <<'GO'
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
GO
  printf 'module etcd\n\ngo 1.24\n' > go.mod
  GOFLAGS=-mod=mod go get "go.etcd.io/etcd/server/v3@v$version" >&2
  GOFLAGS=-mod=mod go build -p 2 -trimpath -o "$program.new" . >&2
  mv "$program.new" "$program"
fi
echo "$program"
