# Finds or installs the servers the scripts start. Sourced, not run.
#
# Each need_* function leaves the thing on PATH or stops with one line saying what to install.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_package() { # what-for package...
  local purpose=$1
  shift
  if ! command -v apt-get >/dev/null; then
    echo "install $* for $purpose and run this again" >&2
    exit 1
  fi
  echo "installing $* for $purpose"
  as_root apt-get update -qq >/dev/null
  # Servers must not start by themselves: the harness starts private ones.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "$@" >/dev/null || {
    echo "could not install $*; install it for $purpose and run this again" >&2
    exit 1
  }
}

need_redis() {
  command -v redis-server >/dev/null || install_package "a private Redis" redis-server
}

need_postgres() {
  local server
  server=$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1 || true)
  [ -n "$server" ] || install_package "a private PostgreSQL" postgresql
}

need_browser() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null ||
    install_package "the browser tests" chromium chromium-driver
}

# The rules of the accessibility tests, at the version that the lock file names, beside what cargo builds.
need_axe() {
  local into="${CARGO_TARGET_DIR:-target}/axe"
  [ -f "$into/node_modules/axe-core/axe.min.js" ] &&
    cmp -s crates/order-engine/tests/axe/package-lock.json "$into/package-lock.json" && return
  command -v npm >/dev/null || install_package "the accessibility tests" npm
  mkdir -p "$into"
  cp crates/order-engine/tests/axe/package.json crates/order-engine/tests/axe/package-lock.json "$into/"
  npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund --silent || {
    rm -f "$into/package-lock.json"
    echo "could not fetch axe-core with npm; check the network and run this again" >&2
    exit 1
  }
}

need_cargo_tool() {
  command -v "$1" >/dev/null || cargo install --locked --quiet "$1"
}
