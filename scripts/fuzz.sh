#!/bin/bash
# Fuzzes every target of tests/fuzz with libFuzzer, under ASan and UBSan.
# usage: fuzz.sh SECONDS [TARGET...]      seconds for each target; all targets when none is named
#
# The corpus grows from run to run in $FUZZ_CORPUS (build/fuzz/corpus); $FUZZ_JOBS targets run at a time (2). With a number
# in $FUZZ_SEED the search is the same each time, as far as it gets; without one it is another. An input that fails is kept
# in $FUZZ_CORPUS/../findings, and its report is printed: once it is understood, it belongs into tests/fuzz/seeds/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz.sh SECONDS [TARGET...]}
shift
build=${FUZZ_BUILD:-build/fuzz}
corpus=${FUZZ_CORPUS:-$build/corpus}
findings=$(dirname "$corpus")/findings

cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" -j "$(nproc)" --target fuzz 2>&1 | tail -n 3
mkdir -p "$corpus" "$findings"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=($(cd "$build" && ls | grep '_fuzz$'))

dictionary() { # of a target's inputs
  case "$1" in
  parser | planner | flink_planner | expression) echo sql ;;
  json | *_schema) echo "$1" ;;
  esac
}

# What the project already knows how to say is where the search starts: the documents' statements, the functions' examples.
first_corpus() { # target's name, folder
  mkdir -p "$2"
  case "$1" in
  parser) awk -v to="$2" 'BEGIN { RS = ";" } { f = sprintf("%s/document_%04d", to, NR); printf "%s;", $0 > f; close(f) }' sql-tests/*.sql ;;
  flink_planner)
    awk -v to="$2" 'BEGIN { RS = ";" } { f = sprintf("%s/case_%04d", to, NR); printf "%s;", $0 > f; close(f) }' tests/flink/cases/*.sql
    awk -v to="$2" '/^[^#F-]/ && !/^CREATE/ { f = sprintf("%s/value_%04d", to, NR); printf "SELECT %s FROM x;", $0 > f; close(f) }' tests/flink/cases/*.expressions
    ;;
  expression) FUZZ_EXAMPLES="$2" "$build/expression_fuzz" ;;
  esac
}

# One line a target when it ends: executions, coverage, and its findings if there are any.
fuzz() {
  local name=${1%_fuzz} log="$corpus/$1.log" words
  words=$(dictionary "$name")
  first_corpus "$name" "$corpus/$name"
  local before after status=0
  before=$(ls "$findings" | grep -c "^$name-" || true)
  nice -n "${FUZZ_NICE:-0}" "$build/$1" "$corpus/$name" "tests/fuzz/seeds/$name" ${words:+-dict="tests/fuzz/dictionaries/$words.dict"} \
    -seed="${FUZZ_SEED:-0}" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 -close_fd_mask=1 \
    -artifact_prefix="$findings/$name-" >"$log" 2>&1 || status=$?
  after=$(ls "$findings" | grep -c "^$name-" || true)
  printf '%-24s %10s executions  %6s branches  %s\n' "$1" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2)" \
    "$([ "$status" -eq 0 ] && echo "no finding" || echo "$((after - before)) new in $findings; see $log")"
  [ "$status" -eq 0 ] || grep -v -e '^#[0-9]' -e '^INFO:' -e '^stat::' "$log" | tail -n 60
  return "$status"
}

failed=0
running=0
for target in "${targets[@]}"; do
  fuzz "$target" &
  running=$((running + 1))
  if [ "$running" -ge "${FUZZ_JOBS:-2}" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit "$failed"
