#include "shell/help.h"

static const char overview[] =
    "Statements end with a semicolon and may take several lines.\n"
    "\n"
    "  SHOW STREAMS | TABLES | TOPICS | QUERIES | FUNCTIONS | TYPES | PROPERTIES | VARIABLES;\n"
    "  DESCRIBE <name> [EXTENDED];       columns, formats and queries of a stream or table\n"
    "  DESCRIBE FUNCTION <name>;         what a function takes and gives\n"
    "  EXPLAIN <query id or statement>;  how a query runs\n"
    "  PRINT <topic> [FROM BEGINNING] [LIMIT n];\n"
    "  CREATE STREAM | TABLE ... ;  CREATE ... AS SELECT ... ;  INSERT INTO ... VALUES (...);\n"
    "  SELECT ... EMIT CHANGES;          a query that goes on; Ctrl-C ends it\n"
    "  SELECT ... FROM <table> WHERE <key> = ...;   a query of what is known now\n"
    "  TERMINATE <query id>;  DROP STREAM | TABLE <name> [DELETE TOPIC];\n"
    "  SET '<property>' = '<value>';  UNSET '<property>';\n"
    "  DEFINE <name> = '<value>';  UNDEFINE <name>;    ${name} stands for the value\n"
    "\n"
    "HELP <statement> says more, as in HELP CREATE STREAM or HELP SELECT.\n"
    "\n"
    "The shell's own commands need no semicolon:\n"
    "\n"
    "  HELP [<statement>]    this text, or how a statement is written\n"
    "  RUN SCRIPT '<file>';  executes the statements of a file\n"
    "  OUTPUT [<format>]     TABULAR, VERTICAL, CSV, MARKDOWN, JSON or NDJSON\n"
    "  WRAP [ON|OFF]         whether long values go on in the next line\n"
    "  PAGER [ON|OFF]        whether long results go through $PAGER\n"
    "  LIVE [ON|OFF]         whether a push query is a table that changes in place\n"
    "  SPOOL '<file>'|OFF    copies what is shown to a file\n"
    "  HISTORY               earlier statements; the arrow keys and Ctrl-R find them too\n"
    "  SERVER [<url>]        shows or changes the server\n"
    "  REQUEST PIPELINING [ON|OFF]   whether statements wait for those before them\n"
    "  VERSION               of the shell and the server\n"
    "  CLEAR                 clears the screen\n"
    "  EXIT                  or Ctrl-D\n"
    "\n"
    "\\? lists the short commands: \\d, \\dt, \\df, \\timing, \\watch and others.\n";

static const struct {
    const char *name, *text;
} topics[] = {
    {"CREATE STREAM",
        "CREATE [OR REPLACE] [SOURCE] STREAM [IF NOT EXISTS] <name>\n"
        "  (<column> <type> [KEY | HEADERS | HEADER('<key>')], ...)\n"
        "  WITH (KAFKA_TOPIC = '<topic>', VALUE_FORMAT = 'JSON', PARTITIONS = 1, ...);\n"
        "\n"
        "Makes a stream of a topic, which is created when PARTITIONS is given. Columns may be "
        "left\n"
        "out where a schema registry knows them (AVRO, PROTOBUF, JSON_SR).\n"
        "\n"
        "CREATE [OR REPLACE] STREAM <name> [WITH (...)] AS SELECT ... FROM <stream> [EMIT "
        "CHANGES];\n"
        "\n"
        "Makes a stream of a query, which runs from now on and writes a topic of its own.\n"
        "\n"
        "  CREATE STREAM orders (id INT KEY, item STRING, price DECIMAL(9, 2))\n"
        "    WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'JSON', PARTITIONS = 1);\n"
        "  CREATE STREAM dear AS SELECT * FROM orders WHERE price > 100;\n"},
    {"CREATE TABLE",
        "CREATE [OR REPLACE] [SOURCE] TABLE [IF NOT EXISTS] <name>\n"
        "  (<column> <type> PRIMARY KEY, <column> <type>, ...)\n"
        "  WITH (KAFKA_TOPIC = '<topic>', VALUE_FORMAT = 'JSON', PARTITIONS = 1, ...);\n"
        "\n"
        "Makes a table of a topic: a record is the new row of its key, one without a value deletes "
        "it.\n"
        "A SOURCE TABLE can be asked by pull queries.\n"
        "\n"
        "CREATE [OR REPLACE] TABLE <name> [WITH (...)] AS SELECT ... [WINDOW ...] [GROUP BY ...];\n"
        "\n"
        "Makes a table of a query over a table, or of an aggregate over a stream.\n"
        "\n"
        "  CREATE TABLE per_item AS SELECT item, COUNT(*) AS n FROM orders GROUP BY item;\n"},
    {"SELECT",
        "SELECT <expression> [AS <name>], ...\n"
        "  FROM <source> [AS <alias>]\n"
        "  [[INNER | LEFT | RIGHT | FULL] JOIN <source> [WITHIN <time> [GRACE PERIOD <time>]] ON "
        "...]\n"
        "  [WINDOW TUMBLING (SIZE 1 HOUR) | HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES)\n"
        "         | SESSION (10 MINUTES)]\n"
        "  [WHERE ...] [GROUP BY ...] [PARTITION BY ...] [HAVING ...]\n"
        "  [EMIT CHANGES | EMIT FINAL] [LIMIT n];\n"
        "\n"
        "With EMIT it goes on and gives each change (push query); without, it answers from what is "
        "known\n"
        "now and ends (pull query), and may have ORDER BY and OFFSET.\n"
        "\n"
        "  SELECT * FROM orders EMIT CHANGES LIMIT 10;\n"
        "  SELECT * FROM per_item WHERE item = 'tea';\n"},
    {"INSERT",
        "INSERT INTO <source> [(<column>, ...)] VALUES (<value>, ...);\n"
        "INSERT INTO <stream> SELECT ... FROM <stream>;\n"
        "\n"
        "Writes one record; or everything that a query gives, from now on, into a stream that "
        "exists.\n"
        "\n"
        "  INSERT INTO orders (id, item, price) VALUES (1, 'tea', 4.20);\n"},
    {"DELETE", "DELETE FROM <table> WHERE <key column> = <value> [AND ...];\n"
               "\n"
               "Deletes one row of a table over a topic, by its whole key: writes a record without "
               "a value.\n"
               "\n"
               "  DELETE FROM items WHERE item = 'tea';\n"},
    {"DESCRIBE",
        "DESCRIBE <name> [EXTENDED];      columns; with EXTENDED also topic, queries, offsets\n"
        "DESCRIBE STREAMS [EXTENDED];  DESCRIBE TABLES [EXTENDED];\n"
        "DESCRIBE FUNCTION <name>;        what a function takes and gives, with examples\n"},
    {"SHOW", "SHOW STREAMS | TABLES [EXTENDED];\n"
             "SHOW [ALL] TOPICS [EXTENDED];\n"
             "SHOW QUERIES [EXTENDED];\n"
             "SHOW FUNCTIONS | TYPES | PROPERTIES | VARIABLES;\n"
             "\n"
             "LIST means the same.\n"},
    {"EXPLAIN", "EXPLAIN <query id>;\n"
                "EXPLAIN <statement>;\n"
                "\n"
                "Shows the operators of a query that runs, or that the statement would start.\n"},
    {"PRINT", "PRINT <topic> [FROM BEGINNING] [INTERVAL n] [LIMIT n];\n"
              "\n"
              "Shows the records of a topic as they come, whatever their format is.\n"},
    {"DROP",
        "DROP STREAM | TABLE [IF EXISTS] <name> [DELETE TOPIC];\n"
        "DROP TYPE [IF EXISTS] <name>;\n"
        "\n"
        "Queries that read the source must be terminated first; the one that fills it ends with "
        "it.\n"},
    {"TERMINATE", "TERMINATE <query id> | ALL;    ends queries for good\n"
                  "PAUSE <query id> | ALL;  RESUME <query id> | ALL;\n"},
    {"ALTER", "ALTER STREAM | TABLE <name> ADD COLUMN <column> <type>, ...;\n"
              "ALTER SYSTEM '<property>' = '<value>';\n"},
    {"CREATE TYPE", "CREATE TYPE [IF NOT EXISTS] <name> AS <type>;\n"
                    "\n"
                    "  CREATE TYPE address AS STRUCT<street STRING, city STRING>;\n"},
    {"ASSERT",
        "ASSERT [NOT EXISTS] TOPIC <topic> [WITH (PARTITIONS = n, ...)] [TIMEOUT n SECONDS];\n"
        "ASSERT [NOT EXISTS] SCHEMA [SUBJECT '<subject>'] [ID n] [TIMEOUT n SECONDS];\n"
        "\n"
        "Fails unless it is so within the time: for scripts.\n"},
    {"SET", "SET '<property>' = '<value>';  UNSET '<property>';\n"
            "DEFINE <name> = '<value>';  UNDEFINE <name>;\n"
            "\n"
            "  SET 'auto.offset.reset' = 'earliest';     queries read from the start\n"
            "  DEFINE topic = 'orders';                  ${topic} stands for it from now on\n"},
};
enum { TOPIC_COUNT = sizeof topics / sizeof *topics };

/* CREATE finds CREATE STREAM, and ALTER STREAM finds ALTER. */
static bool is_about(slice topic, const char *name) {
    slice known = slice_of(name);
    size_t shorter = topic.length < known.length ? topic.length : known.length;
    return slice_equal_ignore_case(
        slice_make(topic.data, shorter), slice_make(known.data, shorter));
}

bool help_write(slice topic, buffer *out) {
    bool found = !topic.length;
    if (found)
        buffer_append_text(out, overview);
    for (int i = 0; topic.length && i < TOPIC_COUNT; i++) {
        if (!is_about(topic, topics[i].name))
            continue;
        buffer_append_text(out, found ? "\n" : "");
        buffer_append_text(out, topics[i].text);
        found = true;
    }
    if (found)
        return true;
    buffer_format(out, "There is no help about '%.*s', but about", SLICE_ARG(topic));
    for (int i = 0; i < TOPIC_COUNT; i++)
        buffer_format(out, "%s %s", i ? "," : "", topics[i].name);
    buffer_append_text(out, ".");
    return false;
}
