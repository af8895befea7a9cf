#!/bin/bash
# Runs the tests: all of them, or one part.
#   unit   unit tests and sql-tests under ASan and UBSan
#   base   unit tests of base/ in the release build, whose malloc the sanitizers replace
#   sql    the documents of sql-tests/ on the embedded log (release build)
#   kill   two hundred times kill -9 on the embedded log
#   kafka  the same documents, the contract of topics and kill -9 on a real broker
#   fuzz   every fuzz target for a minute, or $SLUICE_FUZZ_SECONDS (clang, ASan and UBSan)
#   registry  another schema registry (Apicurio, which Maven fetches)
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

base() {
  build release
  ctest --test-dir build/release -R '^base/' --output-on-failure
}

sql() {
  build release
  build/release/sluice test sql-tests/*.sql sql-tests/examples/*.sql
}

kill() {
  build release
  cmake --build --preset release -j "$jobs" --target topic_tool >/dev/null
  python3 tests/integration/kill_test.py --sluice build/release/sluice --topic-tool build/release/topic_tool --kills 200
}

kafka() {
  build dev
  tests/kafka/run.sh
}

registry() {
  build dev
  python3 tests/integration/external_registry_test.py build/dev/sluice build/external-registry || [ $? -eq 77 ]
}

tsan() {
  build tsan
  ctest --preset tsan -j "$jobs" --timeout 600 -R '^(executor|server)/'
}

fuzz() {
  scripts/fuzz.sh "${SLUICE_FUZZ_SECONDS:-60}"
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(unit base sql kill tsan fuzz kafka registry)
for part in "${parts[@]}"; do
  echo "== $part"
  "$part"
done
