#!/usr/bin/env bash
# Runs a command of this project in Debian 13 with a newer Node: scripts/debian13.sh 22|24 COMMAND …
#
# The first run makes the root, in a folder of its own (VISIONA_DEBIAN13, else in /var/cache): Debian 13 with its Go and yamux,
# PostgreSQL 17, what else the tests need, and both Nodes. Each run takes the sources as they are here, into memory, and leaves
# nothing behind: its mounts and processes are in namespaces that end with it. Needs root, and Debian or Ubuntu around it.
set -euo pipefail

readonly suite=trixie
readonly postgres=17
# A port that no PostgreSQL around it has.
readonly postgres_port=5417
readonly npm=11.19.1
declare -Ar nodes=([22]=22.23.3 [24]=24.21.0)

say() { printf '» debian13: %s\n' "$*"; }
fail() {
  say "$*" >&2
  exit 1
}

here=$(cd "$(dirname "$0")/.." && pwd)
root=${VISIONA_DEBIAN13:-/var/cache/visiona-debian13}
node=${nodes[${1:-}]:-}
readonly here root node

# What the root is made of: one that was made by another recipe is made anew.
recipe() {
  echo "$suite $postgres $npm ${nodes[*]}"
  cat "$here/scripts/debian-packages.txt"
  declare -f make_root
}

make_root() {
  local mirror packages version architecture
  case $(uname -m) in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "the npm registry has no Node for $(uname -m)" ;;
  esac
  command -v debootstrap || { apt-get update -q && apt-get install -y -q --no-install-recommends debootstrap; }
  # Where this machine's apt gets Debian from; without one, debootstrap knows.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  debootstrap --variant=minbase "$suite" "$root.new" ${mirror:+"$mirror"}
  bring_from_outside "$root.new"
  # No service is started while packages are installed, and PostgreSQL gets its cluster at each run.
  printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
  chmod +x "$root.new/usr/sbin/policy-rc.d"
  mkdir "$root.new/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root.new/etc/postgresql-common/createcluster.conf"
  echo force-unsafe-io >"$root.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
  mapfile -t packages <"$here/scripts/debian-packages.txt"
  DEBIAN_FRONTEND=noninteractive chroot "$root.new" \
    apt-get install -y -q --no-install-recommends git procps "postgresql-$postgres" "${packages[@]}"
  chroot "$root.new" apt-get clean
  # What the package `node` would install by a script.
  for version in "${nodes[@]}"; do
    npm install --global --ignore-scripts --prefix "$root.new/opt/node-$version" \
      "node-linux-$architecture@$version" "npm@$npm"
  done
  recipe >"$root.new/opt/recipe"
}

# How names are resolved, and whom this machine trusts.
bring_from_outside() {
  local file
  for file in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt; do
    [[ ! -f $file ]] || install -D -m 644 "$file" "$1$file"
  done
}

# Called in namespaces of its own.
run() {
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mount -t tmpfs tmpfs "$root/srv"
  mkdir "$root/srv/visiona" "$root/srv/npm" "$root/srv/postgres"
  mkdir -p "$(npm config get cache)"
  mount --bind "$(npm config get cache)" "$root/srv/npm"
  bring_from_outside "$root"
  git -C "$here" ls-files -z --cached --others --exclude-standard |
    tar --directory "$here" --create --ignore-failed-read --null --files-from - |
    tar --directory "$root/srv/visiona" --extract --no-same-owner

  chroot "$root" chown postgres: /srv/postgres
  chroot "$root" runuser -u postgres -- sh -euc "
    cd /srv/postgres
    PATH=/usr/lib/postgresql/$postgres/bin:\$PATH
    initdb --auth=trust --no-sync data
    pg_ctl -w -D data -l log -o '-p $postgres_port -k /srv/postgres -N 300' start
    createdb -h 127.0.0.1 -p $postgres_port test
  " >"$root/srv/postgres.log" 2>&1 || fail "PostgreSQL did not start: $(tail -n 1 "$root/srv/postgres.log")"

  say "Debian $(<"$root/etc/debian_version"), Node $node, PostgreSQL $postgres: $*"
  chroot "$root" env --chdir=/srv/visiona HOME=/root PATH="/opt/node-$node/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    npm_config_cache=/srv/npm npm_config_registry="$(npm config get registry)" \
    DATABASE_URL="postgres://postgres@127.0.0.1:$postgres_port/test" "$@"
}

[[ -n $node && $# -ge 2 ]] || fail "call it as scripts/debian13.sh 22|24 COMMAND …"
((EUID == 0)) || fail 'only root can make and enter a Debian 13 root: use sudo'
if [[ ${VISIONA_DEBIAN13_ENTERED:-} == true ]]; then
  unset VISIONA_DEBIAN13_ENTERED
  shift
  run "$@"
  exit
fi

mkdir -p "$(dirname "$root")"
exec {lock}>"$root.lock"
flock "$lock"
if ! cmp -s <(recipe) "$root/opt/recipe"; then
  say "making the root in $root, which takes minutes; what is done is in $root.log"
  rm -rf --one-file-system "$root" "$root.new"
  set +e
  (
    set -e
    make_root
  ) >"$root.log" 2>&1 </dev/null
  made=$?
  set -e
  ((made == 0)) || fail "the root could not be made: $(tail -n 1 "$root.log")"
  mv "$root.new" "$root"
fi
VISIONA_DEBIAN13_ENTERED=true exec unshare --mount --pid --fork --kill-child "$0" "$@"
