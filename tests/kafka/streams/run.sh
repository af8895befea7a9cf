#!/usr/bin/env bash
# Compares Sluice's queries with Kafka Streams' topologies on a real broker: run.sh [SEED [ROWS [SHAPE]]]
#
# SLUICE is the binary (build/release/sluice, else build/dev/sluice); SLUICE_TEST_KAFKA a broker that runs already, by
# default one is started. Needs JDK 17 and Maven, which fetches kafka-streams once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
if [ -z "${SLUICE_TEST_KAFKA:-}" ]; then
    exec "$here/../with_broker.sh" "${BASH_SOURCE[0]}" "$@"
fi
sluice=${SLUICE:-$root/build/release/sluice}
[ -x "$sluice" ] || sluice=$root/build/dev/sluice
cache=${SLUICE_KAFKA_CACHE:-$root/build/kafka}/streams
mkdir -p "$cache"
(
    flock 9
    mkdir -p "$cache/classes"
    if ! cmp -s "$here/pom.xml" "$cache/pom.xml"; then
        rm -rf "$cache/libraries"
        mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$cache/libraries" >&2
        cp "$here/pom.xml" "$cache/pom.xml"
    fi
    javac --release 17 -d "$cache/classes" -cp "$cache/libraries/*" "$here"/src/main/java/sluice/streams/*.java
) 9>"$cache/lock"

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel="${KAFKA_LOG_LEVEL:-error}" \
    -cp "$cache/classes:$cache/libraries/*" sluice.streams.Compare "$SLUICE_TEST_KAFKA" "$sluice" "$directory" "$@"
