#!/bin/sh
# Installs what Sluice is built with and tested with, as Debian packages. Does nothing when all is there.
# usage: install-dependencies.sh [build|test]
set -eu
build="gcc g++ cmake ninja-build pkg-config re2c lemon libsqlite3-dev liblmdb-dev librdkafka-dev libmimalloc-dev
  libcurl4-openssl-dev libnghttp2-dev libhttp-parser-dev libwslay-dev libcrypt-dev libssl-dev libjansson-dev libedit-dev
  libpcre2-dev libutf8proc-dev libxxhash-dev tzdata"
test="clang-14 libclang-rt-14-dev llvm-14 libcmocka-dev python3 python3-venv curl openssl ca-certificates
  openjdk-17-jdk-headless maven kcat procps chromium"

case "${1:-build}" in
build) wanted="$build" ;;
test) wanted="$build $test" ;;
*) echo "usage: $0 [build|test]" >&2; exit 2 ;;
esac

provided() { # a package that is not installed, but whose command is there from elsewhere
  case "$1" in
  gcc | g++ | cmake | python3 | curl | openssl | chromium) command -v "$1" >/dev/null ;;
  python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
  openjdk-17-jdk-headless) command -v javac >/dev/null ;;
  maven) command -v mvn >/dev/null ;;
  *) return 1 ;;
  esac
}

missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    provided "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
echo "installing:$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
