#!/usr/bin/env bash
# Runs a command with a Kafka broker of its own: with_broker.sh COMMAND [ARGUMENT...]
# SLUICE_TEST_KAFKA is its HOST:PORT. The broker and its data are gone afterwards.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=$(mktemp -d)
trap '"$here/broker.sh" stop --delete "$directory"' EXIT
SLUICE_TEST_KAFKA=$("$here/broker.sh" start "$directory")
export SLUICE_TEST_KAFKA
"$@"
