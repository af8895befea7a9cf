"""`sluice sql` as a script uses it: -e, -f and a pipe. terminal_test.py is for persons.

    shell_test.py [PATH OF sluice]
"""
import json
import os
import subprocess
import unittest

import certificates
import shell_case
import sluice_server
from shell_case import CREATE, SALES, TOTALS, properties
from sluice_server import PATIENCE_S, wait_until


class ShellTest(shell_case.ShellCase):
    def test_results_go_to_standard_output_and_messages_do_not(self):
        done = self.run_shell("-e", CREATE, "-e", "SHOW STREAMS;")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "Stream created\n")
        title, rule, row = done.stdout.splitlines()
        self.assertRegex(title, r"^ Stream Name \| Kafka Topic \| Key Format \| Value Format \| Windowed$")
        self.assertRegex(rule, r"^[-+]+$")
        self.assertEqual([cell.strip() for cell in row.split("|")], ["S", "s", "KAFKA", "JSON", "false"])

    def test_a_script_stops_at_the_first_error(self):
        path = self.file_of(CREATE + "\n\n-- a comment; with a semicolon\nSHOW\n  NONSENSE;\nSHOW STREAMS;\n")
        done = self.run_shell("-f", path)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"{path}:4: ", done.stderr)
        self.assertIn("^", done.stderr)
        self.assertEqual(self.run_shell("-f", "/no/such/file").returncode, 1)

    def test_the_last_statement_needs_no_semicolon(self):
        self.assertIn("Stream Name", self.run_shell("-e", "SHOW STREAMS").stdout)
        self.assertIn("Stream Name", self.run_shell(text="SHOW STREAMS").stdout)

    def test_settings_and_variables_live_through_a_script(self):
        path = self.file_of("SET 'auto.offset.reset' = 'earliest';\nDEFINE name = 's';\n" + CREATE +
                            "INSERT INTO ${name} VALUES (1, '${greeting}');\n"
                            "SELECT v FROM ${name} EMIT CHANGES LIMIT 1;\nSHOW VARIABLES;\n"
                            "UNSET 'auto.offset.reset';\n")
        done = self.run_shell("-d", "greeting=it's me", "-f", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("it's me", done.stdout)
        self.assertRegex(done.stdout, r"greeting +\| it's me\n name +\| s")

    def test_a_property_that_is_not_one(self):
        done = self.run_shell("-e", "SET 'auto.offset.rest' = 'earliest';")
        self.assertEqual(done.returncode, 1)
        self.assertIn("auto.offset.rest", done.stderr)

    FLINK = ("CREATE TABLE n (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.i.kind' = 'sequence', "
             "'fields.i.start' = '1', 'fields.i.end' = '2');\n")

    def test_a_script_of_flinks_client(self):
        path = self.file_of("USE CATALOG default_catalog;\nSET 'table.exec.state.ttl' = '1 d';\nSET;\nRESET 'table.exec.state.ttl';\n"
                            "RESET 'pipeline.name';\n" + self.FLINK + "SHOW TABLES LIKE 'n%';\nSELECT SUM(i) AS total FROM n;\n"
                            "SET 'sql-client.execution.result-mode' = 'changelog';\nSELECT SUM(i) AS total FROM n;\nRESET;\nSET;\n")
        done = self.run_shell("--dialect", "flink", "--output", "CSV", "-f", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [
            "key,value", "sluice.sql.dialect,flink", "table.exec.state.ttl,1 d", "table name", "n", "total", "3",
            "op,total", "+I,1", "-D,1", "+I,3", "key,value", "sluice.sql.dialect,flink"])

    def test_rows_are_printed_as_flink_prints_them(self):
        row = ("n INT, r ROW<a INT, b STRING>, l ARRAY<INT>, m MAP<STRING, INT>, x BYTES, d DECIMAL(5, 2), t TIMESTAMP(3), "
               "z TIMESTAMP_LTZ(3), `day` DATE, b BOOLEAN, nothing INT")
        files = os.path.join(self.new_directory(), "rows.json")
        with open(files, "w") as file:
            file.write(json.dumps({"n": 1, "r": {"a": 2, "b": "x"}, "l": [3, None], "m": {"k": 4}, "x": "AP8=", "d": 5.5, "b": True,
                                   "t": "2024-02-29 12:00:00.5", "z": "2024-02-29 12:00:00Z", "day": "2024-02-29"}) + "\n")
        job = self.file_of(f"CREATE TABLE f ({row}) WITH ('connector' = 'filesystem', 'path' = '{files}', 'format' = 'json');\n"
                           f"CREATE TABLE p ({row}) WITH ('connector' = 'print', 'print-identifier' = 'it', 'standard-error' = 'true');\n"
                           "INSERT INTO p SELECT * FROM f;\n")
        done = subprocess.run([sluice_server.BINARY, "run", "--dialect", "flink", job], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertIn("it> +I[1, +I[2, x], [3, null], {k=4}, [0, -1], 5.50, 2024-02-29T12:00:00.500, 2024-02-29T12:00:00Z, "
                      "2024-02-29, true, null]\n", done.stderr)

    def test_files_of_a_partitioned_table_are_read_again(self):
        files = os.path.join(self.new_directory(), "files")
        table = ("CREATE TABLE f (i INT, `day` STRING) PARTITIONED BY (`day`) WITH ('connector' = 'filesystem', "
                 f"'path' = 'file://{files}', 'format' = 'csv');\n")
        job = self.file_of(self.FLINK + table + "INSERT INTO f SELECT i, CASE WHEN i > 1 THEN 'a/b' END FROM n;\n")
        for _ in range(2):  # other files beside the first
            done = subprocess.run([sluice_server.BINARY, "run", "--dialect", "flink", job], capture_output=True, text=True,
                                  timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(files)), ["day=__HIVE_DEFAULT_PARTITION__", "day=a%2Fb"])
        read = self.file_of(table + "SELECT `day`, COUNT(*) AS n FROM f GROUP BY `day`;\n", "read.sql")
        done = self.run_shell("--dialect", "flink", "--output", "CSV", "-f", read)
        self.assertEqual(sorted(done.stdout.splitlines()), [",2", "a/b,2", "day,n"], done.stderr)

    def test_requests_speak_flinks_dialect_by_a_property(self):
        flink = {"sluice.sql.dialect": "flink"}
        self.server.ksql(self.FLINK, streamsProperties=flink)
        [shown] = self.server.ksql("SHOW TABLES;", streamsProperties=flink)
        self.assertEqual((shown["columns"], shown["rows"]), (["table name"], [["n"]]))
        header, *rows = self.server.query("SELECT SUM(i) AS total FROM n;", properties=flink)
        self.assertEqual((header["columnNames"], rows), (["total"], [[3]]))
        status, refused = self.server.refused("SELECT * FROM m;", path="/query-stream", properties=flink)
        self.assertEqual((status, "Did you mean n?" in json.dumps(refused)), (400, True), refused)

    def test_run_script_and_files_inside_files(self):
        inner = self.file_of(CREATE, "inner.sql")
        done = self.run_shell("-e", f"RUN SCRIPT '{inner}'; SHOW STREAMS;")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" S ", done.stdout)

    def test_json_output(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a');")
        done = self.run_shell("--output", "JSON", "-e", "SHOW STREAMS;")
        self.assertEqual(json.loads(done.stdout)[0]["streams"][0]["name"], "S")
        done = self.run_shell("--output", "json", "-e", "SET 'auto.offset.reset' = 'earliest';"
                              "SELECT id, v FROM s EMIT CHANGES LIMIT 1;")
        self.assertIn('{"row":{"columns":[1,"a"]}}\n', done.stdout)

    def test_other_forms_of_output(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a, \"b\" | c'); INSERT INTO s VALUES (2, NULL);")
        sql = "SET 'auto.offset.reset' = 'earliest'; SELECT id, v FROM s EMIT CHANGES LIMIT 2;"
        expected = {
            "CSV": 'ID,V\n1,"a, ""b"" | c"\n2,\n',
            "markdown": "| ID | V |\n|---:|---|\n| 1 | a, \"b\" \\| c |\n| 2 | null |\n",
            "VERTICAL": "-[ ROW 1 ]-\nID | 1\nV  | a, \"b\" | c\n-[ ROW 2 ]-\nID | 2\nV  | null\n",
            "NDJSON": '{"ID":1,"V":"a, \\"b\\" | c"}\n{"ID":2,"V":null}\n',
        }
        for form, text in expected.items():
            self.assertEqual(self.run_shell("--output", form, "-e", sql).stdout, text)
        self.assertEqual(self.run_shell("--output", "CSV", "-e", "SHOW STREAMS;").stdout,
                         "Stream Name,Kafka Topic,Key Format,Value Format,Windowed\nS,s,KAFKA,JSON,false\n")
        self.assertEqual(json.loads(self.run_shell("--output", "NDJSON", "-e", "SHOW STREAMS;").stdout)["name"], "S")

    def test_data_cannot_command_the_terminal(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a' || CHR(27) || '[31m' || CHR(9) || 'b');")
        sql = "SET 'auto.offset.reset' = 'earliest'; SELECT v FROM s EMIT CHANGES LIMIT 1;"
        for form in ("TABULAR", "VERTICAL", "MARKDOWN"):
            self.assertIn("a\\x1B[31m\\tb", self.run_shell("--output", form, "-e", sql).stdout)
        self.assertIn("a\x1b[31m\tb", self.run_shell("--output", "CSV", "-e", sql).stdout)  # for programs: as it is

    def test_a_file_of_properties(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a');")
        path = self.file_of("# read from the start\nksql.streams.auto.offset.reset = earliest\n\n", "cli.properties")
        done = self.run_shell("--config-file", path, "-e", "SELECT v FROM s EMIT CHANGES LIMIT 1;")
        self.assertIn(" a\n", done.stdout)
        with open(path, "a", encoding="utf-8") as file:
            file.write("nonsense\n")
        done = self.run_shell("--config-file", path, "-e", "SHOW STREAMS;")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cli.properties:4: expected NAME=VALUE, found 'nonsense'", done.stderr)

    def test_row_limit_and_time_out(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a'); INSERT INTO s VALUES (2, 'b');")
        sql = "SET 'auto.offset.reset' = 'earliest'; SELECT v FROM s EMIT CHANGES;"
        done = self.run_shell("--query-row-limit", "1", "-e", sql)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 3))
        done = self.run_shell("--query-timeout", "1500", "-e", sql)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (1, 4))
        self.assertIn("time-out", done.stderr)
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0, "the queries to end")

    def test_a_pipe_is_executed_as_it_comes(self):
        shell = subprocess.Popen([sluice_server.BINARY, "sql", "--server", self.server.url()],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 text=True, bufsize=1)
        shell.stdin.write(CREATE + "\nSHOW STREAMS;\n")
        self.assertIn("Stream Name", shell.stdout.readline())
        shell.stdin.write("EXIT\n")
        shell.stdin.close()
        self.assertEqual(shell.wait(PATIENCE_S), 0)
        shell.stdout.close()

    def test_no_server(self):
        done = subprocess.run([sluice_server.BINARY, "sql", "--server", "http://127.0.0.1:9", "-e", "SHOW STREAMS;"],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Cannot reach a server at http://127.0.0.1:9", done.stderr)

    def test_print_tells_what_the_formats_seem_to_be(self):
        nothing = "\u00af\\_(\u30c4)_/\u00af - no data processed"
        for name, columns, formats, inserts, expected in (
                ("numbers", "id BIGINT KEY, v INT", "key_format = 'KAFKA', value_format = 'JSON'", ["1, 2"],
                 ("KAFKA_BIGINT or KAFKA_DOUBLE", "JSON or KAFKA_STRING")),
                ("texts", "id STRING KEY, v STRING", "key_format = 'KAFKA', value_format = 'DELIMITED'", ["'a', 'b'"],
                 ("KAFKA_STRING", "KAFKA_STRING")),
                ("schemas", "id STRING KEY, v INT", "key_format = 'PROTOBUF', value_format = 'AVRO'", ["'a', 1"],
                 ("PROTOBUF", "AVRO")),
                ("nothing", "id STRING KEY, v INT", "value_format = 'JSON_SR'", ["NULL, 1"], (nothing, "JSON_SR")),
                ("mixed", "id STRING KEY, v BYTES", "value_format = 'KAFKA'",
                 ["'[]', TO_BYTES('01020304', 'hex')", "'a', TO_BYTES('0102030405060708', 'hex')"],
                 ("KAFKA_STRING", "MIXED"))):
            with self.subTest(name):
                self.server.ksql(f"CREATE STREAM {name} ({columns}) WITH (kafka_topic = '{name}', partitions = 1, {formats});"
                                 + "".join(f"INSERT INTO {name} VALUES ({values});" for values in inserts))
                done = self.run_shell("-e", f"PRINT {name} FROM BEGINNING LIMIT {len(inserts)};")
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = done.stdout.splitlines()
                self.assertEqual(lines[:2], [f"Key format: {expected[0]}", f"Value format: {expected[1]}"])
                self.assertTrue(all(line.startswith("rowtime: ") for line in lines[2:]), lines)
                self.assertEqual(len(lines), 2 + len(inserts))
        self.server.ksql(SALES + "CREATE TABLE per_day WITH (kafka_topic = 'per_day') AS SELECT item, COUNT(*) AS n "
                                 "FROM sales WINDOW TUMBLING (SIZE 1 DAY) GROUP BY item;")
        self.sell(("tea", 1))
        done = self.run_shell("-e", "PRINT per_day FROM BEGINNING LIMIT 1;")
        self.assertIn("Key format: TUMBLING(KAFKA_STRING)\n", done.stdout)

    # ---- TLS ----

    def test_a_server_behind_tls(self):
        made = self.new_directory()
        certificates.make(made)
        ca, server_key, server, client_key, client = (
            os.path.join(made, name) for name in ("ca.pem", "server.key", "server.pem", "client.key", "client.pem"))
        options = dict(ssl_certificate_file=server, ssl_key_file=server_key, ssl_ca_file=ca)
        secure = self.start_server("--listen", "https://127.0.0.1:0", *properties(**options))
        url = f"https://127.0.0.1:{secure.port}"
        for trust in (["--ca-file", ca], ["--insecure"]):
            done = self.run_shell(*trust, "-e", "SHOW STREAMS;", server=url)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("Stream Name", done.stdout)
        done = self.run_shell("-e", "SHOW STREAMS;", server=url)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"The certificate of {url} is not trusted: ", done.stderr)
        self.assertIn("--ca-file FILE", done.stderr)
        done = self.run_shell("--ca-file", client_key, "-e", "SHOW STREAMS;", server=url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be used: ", done.stderr)
        done = self.run_shell("--ca-file", "/no/such/file", "-e", "SHOW STREAMS;", server=url)
        self.assertEqual((done.returncode, done.stderr), (2, "sluice sql: cannot read '/no/such/file'\n"))
        strict = self.start_server("--listen", "https://127.0.0.1:0",
                                   *properties(ssl_client_authentication="REQUIRED", **options))
        url = f"https://127.0.0.1:{strict.port}"
        done = self.run_shell("--ca-file", ca, "--cert", client, "--key", client_key, "-e", "SHOW STREAMS;", server=url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.run_shell("--ca-file", ca, "-e", "SHOW STREAMS;", server=url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--cert FILE", done.stderr)

    def test_users(self):
        users = self.file_of("ann: secret,admin\n", "users")
        guarded = self.start_server(*properties(authentication_method="BASIC", authentication_roles="admin",
                                                authentication_users_file=users))
        done = self.run_shell("-u", "ann", "-p", "secret", "-e", "SHOW STREAMS;", server=guarded.url())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for wrong in ([], ["-u", "ann"], ["-u", "ann", "-p", "guess"]):
            done = self.run_shell(*wrong, "-e", "SHOW STREAMS;", server=guarded.url())
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, "(?i)-u USER|authenti|unauthorized")

    def test_wrong_usage(self):
        for arguments in (["--nonsense"], ["-e"], ["--output", "XML"], ["-d", "x"], ["--query-timeout", "soon"]):
            self.assertEqual(self.run_shell(*arguments).returncode, 2, arguments)
        self.assertEqual(self.run_shell("--help").returncode, 0)

    def test_an_engine_in_the_process(self):
        data = self.new_directory()
        for statement in (CREATE, "SHOW STREAMS;"):  # it is still there the second time
            done = subprocess.run([sluice_server.BINARY, "sql", "--data-dir", data, "-e", statement],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" S ", done.stdout)

    def test_flink_sql(self):
        result = self.run_shell("--dialect", "flink", "--output", "NDJSON", text='''
            CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '6',
              'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '6');
            SELECT MOD(n, 2) AS odd, SUM(n) AS total FROM Numbers GROUP BY MOD(n, 2);
            DROP TABLE Numbers;''')
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [row for row in map(json.loads, result.stdout.splitlines()) if "odd" in row]
        self.assertEqual(rows, [{"odd": 1, "total": 9}, {"odd": 0, "total": 12}])
        result = self.run_shell("--dialect", "oracle", "-e", "SHOW TABLES;")
        self.assertEqual(result.returncode, 2)
        self.assertIn("It can be one of 'ksql', 'flink'.", result.stderr)

    def test_interrupting_a_script(self):
        self.run_shell("-e", CREATE)
        shell = subprocess.Popen([sluice_server.BINARY, "sql", "--server", self.server.url(), "-e",
                                  "SELECT * FROM s EMIT CHANGES; SHOW STREAMS;"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertIn("ID", shell.stdout.readline())
        shell.send_signal(2)
        self.assertEqual(shell.wait(PATIENCE_S), 130)
        self.assertNotIn("Stream Name", shell.stdout.read())
        shell.stdout.close()

    # ---- EXPLAIN ANALYZE, LIVE ----

    def test_explain_analyze_runs_a_select(self):
        self.server.ksql(SALES + TOTALS)
        self.sell(("tea", 3), ("tea", 4), ("coffee", 5))
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT amount FROM sales EMIT CHANGES LIMIT 2;")
        self.assertEqual((operators["SOURCE"]["rowsOut"], operators["SINK"]["rowsOut"]), (3, 2))
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT item, COUNT(*) FROM sales GROUP BY item EMIT CHANGES;")
        self.assertEqual(operators["AGGREGATE"]["rowsIn"], 3)
        self.assertGreaterEqual(operators["AGGREGATE"]["stateEntries"], 2)
        wait_until(lambda: self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")[0]["AGGREGATE"]["stateEntries"] >= 2,
                   "the table to be committed")
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT * FROM totals WHERE total > 5;")
        self.assertEqual((operators["SCAN"]["rowsOut"], operators["SINK"]["rowsIn"]), (2, 1))
        for sql, message in (("EXPLAIN ANALYZE CREATE STREAM o AS SELECT * FROM sales;", "EXPLAIN ANALYZE is for SELECT"),
                             ("EXPLAIN ANALYZE CTAS_TOTAL_1;", "There is no query"),
                             ("EXPLAIN ANALYZE SHOW STREAMS;", "EXPLAIN is for statements that run a query")):
            self.assertIn(message, self.server.refused(sql)[1]["message"])

    def test_live_has_no_effect_without_a_terminal(self):
        self.server.ksql(SALES)
        self.sell(("tea", 1))
        done = self.run_shell("-e", "LIVE ON", "-e", "SET 'auto.offset.reset' = 'earliest';"
                              "SELECT item FROM sales EMIT CHANGES LIMIT 1;")
        self.assertEqual(done.stdout.splitlines()[2].strip(), "tea")
        self.assertNotIn("\x1b", done.stdout)


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
