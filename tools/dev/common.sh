# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Shared by the verbs of ./dev: messages, the cache folder, packages, one build.

export NAMEWARD_CACHE=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}
# Two clones of the tree share compiled objects: paths are kept relative.
export CCACHE_DIR=${CCACHE_DIR:-$NAMEWARD_CACHE/ccache}
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD
assume_yes=${assume_yes:-0}

say() { echo "./dev: $*" >&2; }

# Wrong use, or a machine that lacks what is needed.
die() {
  say "$*"
  exit 2
}

verb_help() {
  sed -n 's/^#: \{0,1\}//p' "tools/dev/$1.sh"
}

cores() {
  nproc 2>/dev/null || echo 2
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

need_root() {
  [ "$(id -u)" = 0 ] || die "$1: needs root (run it with sudo)"
}

# need_packages LIST...: what tools/dev/packages-LIST.txt name is installed.
need_packages() {
  local missing=()
  command -v dpkg-query >/dev/null ||
    die "this is not Debian (install what tools/dev/packages-*.txt name)"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  agree_to_install "${missing[@]}"
  install_packages "${missing[@]}"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] || die "packages still missing: ${missing[*]}"
}

missing_packages() {
  local wanted
  mapfile -t wanted < <(for list; do
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e 's/[[:space:]]*$//' \
      "tools/dev/packages-$list.txt"
  done)
  # shellcheck disable=SC2016  # ${...} is dpkg-query's own syntax
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

agree_to_install() {
  say "Debian packages to install: $*"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "needs root (as root: apt-get install $*)"
  [ "$assume_yes" = 1 ] && return 0
  [ -t 0 ] && [ -t 2 ] || return 0 # nobody to ask
  local answer
  read -r -p "./dev: install them? No service is started. [Y/n] " answer
  case "$answer" in
    '' | y | Y | yes) ;;
    *) die "nothing installed" ;;
  esac
}

# In a subshell, so that the policy file goes away whatever happens.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
    --no-install-recommends install "$@" >&2
)

# Python tools and libraries of the tests, never of the product.
need_venv() {
  local venv=$NAMEWARD_CACHE/venv parts=tools/dev/requirements.txt
  if ! cmp -s "$parts" "$venv/requirements.txt"; then
    mkdir -p "$NAMEWARD_CACHE"
    rm -rf "$venv"
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" -q install --disable-pip-version-check -r "$parts"
    cp "$parts" "$venv/requirements.txt"
  fi
  export PATH=$venv/bin:$PATH
}

# build_preset PRESET [target...]
build_preset() {
  local preset=$1 librdkafka
  shift
  librdkafka=$(tools/dev/librdkafka.sh) ||
    say "Debian's librdkafka is used: no SASL SCRAM with brokers from Kafka 3.8.1 on"
  cmake --preset "$preset" -DCMAKE_C_COMPILER_LAUNCHER=ccache \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "-DNW_LIBRDKAFKA=$librdkafka" \
    >"build-$preset.log" 2>&1 || {
    cat "build-$preset.log" >&2
    rm -f "build-$preset.log"
    die "cmake --preset $preset failed"
  }
  mv "build-$preset.log" "build/$preset/configure.log"
  cmake --build "build/$preset" --parallel "$(cores)" ${1:+--target} "$@"
}
