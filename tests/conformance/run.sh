#!/bin/bash
# Runs the conformance cases and scores them: every case that passed before must pass now.
#   run.sh            score against passed.txt
#   run.sh --update   write passed.txt anew from what passes now
# The cases are reference data beside the checkout; without them there is nothing to score.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=../shared/conformance
if [ ! -d "$cases" ]; then
  echo "conformance: skipped, there is no $cases"
  exit 0
fi
sluice=${SLUICE:-build/release/sluice}
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
files=("$cases"/query/*.json "$cases"/rest/*.json)
"$sluice" test --actual "$actual" "${files[@]}" >/dev/null || true
if [ "${1:-}" = --update ]; then
  python3 "$cases/score.py" --actual "$actual" --passed-out tests/conformance/passed.txt "${files[@]}"
else
  python3 "$cases/score.py" --actual "$actual" --must-pass tests/conformance/passed.txt "${files[@]}"
  echo "conformance: $(wc -l <tests/conformance/passed.txt) passed, 0 failed"
fi
