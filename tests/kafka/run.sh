#!/usr/bin/env bash
# Proves everything that can be proved on a real Kafka: starts brokers, runs each part, stops them.
#
#   run.sh [PART...]    the parts are: topics sql words nexmark streams kill; by default all, in this order
#
# BUILD is the build whose binaries are tested (build/dev); nexmark, streams and kill use build/release if it is there.
# BROKERS (2): the documents mostly wait for Kafka, and their topics have the same names; so they are
# dealt out to this many brokers at once.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${BUILD:-build/dev}
kill_build=build/release
[ -x "$kill_build/sluice" ] && [ -x "$kill_build/topic_tool" ] || kill_build=$build
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(topics sql words nexmark streams kill)

complain() {
    echo "run.sh: $*" >&2
    exit 2
}

for part in "${parts[@]}"; do
    [[ $part =~ ^(topics|sql|words|nexmark|streams|kill)$ ]] || complain "there is no part '$part': topics, sql, words, nexmark, streams or kill"
done
for program in topic_kafka_test sluice topic_tool; do
    [ -x "$build/$program" ] || complain "$build/$program is missing: cmake --build $build"
done

# What topics promise, on the embedded log and on Kafka alike.
run_topics() {
    SLUICE_TEST_KAFKA=${addresses[0]} "$build/topic_kafka_test"
}

# The documents give the same as on the embedded log.
run_sql() {
    local documents=(sql-tests/*.sql sql-tests/examples/*.sql) jobs=() failed=0 count=${#addresses[@]}
    for ((broker = 0; broker < count; broker++)); do
        local share=()
        for ((i = broker; i < ${#documents[@]}; i += count)); do
            share+=("${documents[i]}")
        done
        "$build/sluice" test --kafka "${addresses[broker]}" --limit 60 "${share[@]}" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job" || failed=1
    done
    return "$failed"
}

run_words() {
    python3 tests/integration/word_count_test.py --kafka "${addresses[0]}" \
        --sluice "$build/sluice" --topic-tool "$build/topic_tool"
}

# Flink's queries and results, which lie beside the checkout (77: they do not).
run_nexmark() {
    local status=0
    python3 tests/nexmark/nexmark_test.py --kafka "${addresses[0]}" \
        --sluice "$kill_build/sluice" --topic-tool "$kill_build/topic_tool" || status=$?
    [ "$status" = 77 ] || return "$status"
}

# The same queries by Kafka Streams, on the same inputs.
run_streams() {
    SLUICE_TEST_KAFKA=${addresses[0]} SLUICE=$kill_build/sluice tests/kafka/streams/run.sh 1 1000
}

run_kill() {
    python3 tests/integration/kill_test.py --kafka "${addresses[0]}" --kills 15 --rounds 1 --rows 3000 \
        --longest-ms 1500 --quiet-s 2 --sluice "$kill_build/sluice" --topic-tool "$kill_build/topic_tool" &&
        python3 tests/integration/at_least_once_test.py --kafka "${addresses[0]}" \
            --sluice "$kill_build/sluice" --topic-tool "$kill_build/topic_tool"
}

brokers=1
[[ " ${parts[*]} " != *" sql "* ]] || brokers=${BROKERS:-2}
directory=$(mktemp -d)
stop_brokers() {
    for ((broker = 0; broker < brokers; broker++)); do
        tests/kafka/broker.sh stop --delete "$directory/$broker"
    done
    rm -rf "$directory"
}
trap stop_brokers EXIT
trap 'exit 130' INT TERM

addresses=()
for ((broker = 0; broker < brokers; broker++)); do
    address=$(KAFKA_HEAP=${KAFKA_HEAP:-384m} tests/kafka/broker.sh start "$directory/$broker") || exit 1
    addresses+=("$address")
done
echo "Kafka runs at ${addresses[*]}"

verdicts=()
failed=0
for part in "${parts[@]}"; do
    echo "-- $part"
    began=$SECONDS
    if "run_$part" 2>&1; then
        verdicts+=("passed  $part ($((SECONDS - began)) s)")
    else
        verdicts+=("FAILED  $part ($((SECONDS - began)) s)")
        failed=1
    fi
done
echo "-- on Kafka"
printf '%s\n' "${verdicts[@]}"
exit "$failed"
