# The habits of the project, one command each. Behind them are CMake and its presets.

.PHONY: all release demo test test-unit test-base test-sql test-kill test-kafka test-registry test-tsan fuzz bench bench-latency bench-load bench-nexmark bench-peers bench-quick conformance docs format clean

all: release

release:
	scripts/install-dependencies.sh build
	cmake --preset release >/dev/null
	cmake --build --preset release

# Installs what is missing, builds, and shows a server, a live stream, a windowed query and a pull query.
demo: release
	scripts/demo.sh

# Installs what is missing and passes all tests, under ASan and UBSan, then ThreadSanitizer, then on a real Kafka.
test:
	scripts/install-dependencies.sh test
	scripts/test.sh

# The same in parts.
test-unit test-base test-sql test-kill test-kafka test-registry test-tsan:
	scripts/test.sh $(subst test-,,$@)

# Every fuzz target for a minute, two at a time (tests/fuzz).
fuzz:
	scripts/install-dependencies.sh test
	scripts/test.sh fuzz

# Scores the conformance cases where they are at hand (../shared/conformance).
conformance: release
	tests/conformance/run.sh

bench: release
	benchmarks/run.py

# A server under load: pull queries, push queries, idle and slow connections, bad input. Four minutes.
bench-load: release
	benchmarks/load.py

# Every workload beside Kafka Streams and Flink SQL, which Maven fetches. About three quarters of an hour.
bench-peers: release
	benchmarks/run.py --systems all --workloads all

# The same with a million events and one run, then Sluice alone at least once, and with one and two threads over four partitions. A quarter of an hour.
bench-quick: release
	benchmarks/run.py --systems all --workloads all --events 1000000 --many-keys 1000000 --runs 1 --start-runs 1 --json build/benchmark.json
	benchmarks/run.py --no-build --guarantee exactly-once --start-runs 0
	benchmarks/run.py --no-build --guarantee at-least-once --start-runs 0
	benchmarks/run.py --no-build --partitions 4 --threads 1 --start-runs 0
	benchmarks/run.py --no-build --partitions 4 --threads 2 --start-runs 0

# Every Nexmark query beside Flink SQL, two million events, results compared. A quarter of an hour.
bench-nexmark: release
	benchmarks/nexmark.py --json build/nexmark.json

# From a record's append to its result, beside the peers. Four minutes.
bench-latency: release
	benchmarks/latency.py

# Makes the generated pages of docs/ anew and writes what every example of the manual gives; review the diff.
docs: release
	tests/manual/manual_test.py --sluice build/release/sluice --docs docs --rewrite

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build
