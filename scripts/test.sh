#!/bin/bash
# Runs the tests: all of them, or one part.
#   unit   unit tests and sql-tests under ASan and UBSan
#   sql    the documents of sql-tests/ on the embedded log (release build)
#   kafka  the same documents, the contract of topics and kill -9 on a real broker
#   tsan   unit tests of the executor and the server under ThreadSanitizer
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)

build() { # preset
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1" -j "$jobs" 2>&1 | tail -n 3
}

unit() {
  build dev
  ctest --preset dev -j "$jobs" --timeout 600
}

sql() {
  build release
  build/release/sluice test sql-tests/*.sql
}

kafka() {
  build dev
  tests/kafka/run.sh
}

tsan() {
  build tsan
  ctest --preset tsan -j "$jobs" --timeout 600 -R '^(executor|server)/'
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(unit sql tsan kafka)
for part in "${parts[@]}"; do
  echo "== $part"
  "$part"
done
