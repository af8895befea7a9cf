#!/usr/bin/env bash
# A Kafka broker on this machine, for tests and benchmarks.
#
#   broker.sh start [DIR] [PORT]    fetches Kafka (once), starts a broker, prints HOST:PORT
#   broker.sh stop [DIR]            stops it; `stop --delete DIR` removes its data too
#   broker.sh status [DIR]          prints HOST:PORT and exits 0 while it runs
#
# DIR holds the broker's data, settings and log; by default build/kafka/broker. PORT is a loopback
# port, by default one that is free. Needs JDK 17 and Maven. KAFKA_HEAP (512m) is the Java heap.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SLUICE_KAFKA_CACHE:-$root/build/kafka}
libraries=$cache/libraries

fail() {
    echo "broker.sh: $*" >&2
    exit 1
}

# Two starts at once must not copy into the same folder.
fetch() {
    command -v java >/dev/null || fail "Java is missing: apt-get install openjdk-17-jdk-headless"
    [ -f "$libraries/complete" ] && return
    command -v mvn >/dev/null || fail "Maven is missing: apt-get install maven"
    mkdir -p "$cache"
    exec 9>"$cache/fetch.lock"
    flock 9
    if [ ! -f "$libraries/complete" ]; then
        rm -rf "$libraries" "$cache/pom"
        mkdir -p "$cache/pom"
        cp "$here/pom.xml" "$cache/pom/"
        mvn -q -B -f "$cache/pom/pom.xml" dependency:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$libraries" >&2
        touch "$libraries/complete"
    fi
    exec 9>&-
}

# Two of them.
free_ports() {
    python3 - <<'PYTHON'
import socket
with socket.socket() as s, socket.socket() as t:
    s.bind(("127.0.0.1", 0))
    t.bind(("127.0.0.1", 0))
    print(s.getsockname()[1], t.getsockname()[1])
PYTHON
}

# Takes the place of the (sub)shell, so that its process id is Java's.
java_run() {
    exec java "-Xmx${KAFKA_HEAP:-512m}" -XX:+UseSerialGC -XX:TieredStopAtLevel="${KAFKA_JIT:-4}" \
        -Dorg.slf4j.simpleLogger.defaultLogLevel="${KAFKA_LOG_LEVEL:-warn}" \
        -Dorg.slf4j.simpleLogger.showDateTime=true \
        -cp "$libraries/*" "$@"
}

# Nothing is cleaned: records of 1970, as tests have them, are old enough for both retention and compaction at once.
write_settings() {
    local directory=$1 port=$2 controller=$3
    cat >"$directory/server.properties" <<SETTINGS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$directory/data
num.partitions=1
auto.create.topics.enable=false
delete.topic.enable=true
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
log.cleaner.dedupe.buffer.size=16777216
log.segment.delete.delay.ms=1000
log.retention.ms=-1
log.cleaner.backoff.ms=86400000
SETTINGS
}

is_running() {
    [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null &&
        grep -q kafka.Kafka "/proc/$(cat "$1/pid")/cmdline" 2>/dev/null
}

# The broker is ready when it has said so in its log or answers a metadata request.
answers() {
    if command -v kcat >/dev/null; then
        kcat -b "127.0.0.1:$1" -L -m 2 >/dev/null 2>&1
    else
        python3 "$here/probe.py" "$1"
    fi
}

# Fails when the broker has stopped.
wait_until_ready() {
    local directory=$1 port=$2
    for _ in $(seq 1 600); do
        is_running "$directory" || return
        answers "$port" && return
        sleep 0.2
    done
    tail -n 20 "$directory/broker.log" >&2
    fail "the broker does not answer after two minutes; see $directory/broker.log"
}

# Starts the broker on these ports, with everything redirected, so that a caller that reads this script's output is not
# kept waiting.
launch() {
    local directory=$1 port=$2 controller=$3
    write_settings "$directory" "$port" "$controller"
    (java_run kafka.tools.StorageTool format --ignore-formatted -t 5L6g3nShT-eMCtK--X86sw \
        -c "$directory/server.properties") >"$directory/format.log" 2>&1 ||
        fail "formatting failed; see $directory/format.log"
    java_run kafka.Kafka "$directory/server.properties" >"$directory/broker.log" 2>&1 </dev/null &
    echo $! >"$directory/pid"
    disown
    wait_until_ready "$directory" "$port"
}

start() {
    local directory=${1:-$cache/broker} port=${2:-}
    mkdir -p "$directory"
    directory=$(cd "$directory" && pwd)
    if is_running "$directory"; then
        cat "$directory/address"
        return
    fi
    fetch
    # A port that was free may be taken by the time the broker wants it.
    local wanted=$port ports tries=0
    until
        read -ra ports < <(free_ports)
        port=${wanted:-${ports[0]}}
        launch "$directory" "$port" "${ports[1]}"
    do
        tail -n 20 "$directory/broker.log" >&2
        [ $((++tries)) -lt 3 ] && grep -q 'BindException\|Address already in use' "$directory/broker.log" ||
            fail "the broker stopped at once; see $directory/broker.log"
    done
    echo "127.0.0.1:$port" | tee "$directory/address"
}

stop() {
    local delete=
    if [ "${1:-}" = --delete ]; then
        delete=1
        shift
    fi
    local directory=${1:-$cache/broker}
    if is_running "$directory"; then
        local pid
        pid=$(cat "$directory/pid")
        kill "$pid"
        for _ in $(seq 1 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$directory/pid" "$directory/address"
    [ -z "$delete" ] || rm -rf "$directory"
}

status() {
    local directory=${1:-$cache/broker}
    is_running "$directory" && cat "$directory/address"
}

case "${1:-}" in
start | stop | status) "$@" ;;
*) sed -n '2,9p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
esac
