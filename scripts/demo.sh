#!/bin/bash
# The main job, on a screen: a server on the embedded log, a live stream of orders, a windowed query over it,
# its table changing, and a pull query. Everything is under a temporary directory that is removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
sluice=${SLUICE:-build/release/sluice}
directory=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$directory"' EXIT

say() { printf '\n\033[1m-- %s\033[0m\n' "$1"; }
ask() { "$sluice" sql --server "$url" "$@"; }

say "A server on the embedded log"
"$sluice" server --data-dir "$directory" --listen 127.0.0.1:0 >"$directory/server.out" &
for _ in $(seq 100); do
  grep -q 'port' "$directory/server.out" && break
  sleep 0.05
done
cat "$directory/server.out"
url=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$directory/server.out")

say "A stream over a topic, and a windowed query over the stream"
cat <<'SQL' | tee "$directory/setup.sql"
CREATE STREAM orders (customer VARCHAR KEY, item VARCHAR, amount INT)
  WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE sold AS
  SELECT item, COUNT(*) AS orders, SUM(amount) AS amount
  FROM orders WINDOW TUMBLING (SIZE 5 SECONDS)
  GROUP BY item;
SQL
ask -f "$directory/setup.sql"

say "Orders begin to flow"
items=(tea coffee cocoa)
(
  while true; do
    for i in 1 2 3 4 5; do
      echo "INSERT INTO orders (customer, item, amount) VALUES ('c$((RANDOM % 9))', '${items[RANDOM % 3]}', $((RANDOM % 10 + 1)));"
    done >"$directory/orders.sql"
    ask -f "$directory/orders.sql" >/dev/null 2>&1 || exit 0
    sleep 0.2
  done
) &

query="SELECT item, TIMESTAMPTOSTRING(WINDOWSTART, 'HH:mm:ss') AS since, orders, amount FROM sold EMIT CHANGES LIMIT 24;"
say "$query"
ask -e "$query"

query="SELECT item, TIMESTAMPTOSTRING(WINDOWSTART, 'HH:mm:ss') AS since, orders, amount FROM sold WHERE item = 'tea';"
say "A pull query, answered from the table: $query"
ask -e "$query"

say "Your turn"
echo "  $sluice server --data-dir DIR     a server that keeps its data"
echo "  $sluice sql                       the shell"
