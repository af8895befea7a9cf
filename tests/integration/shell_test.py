"""`sluice sql` as a person and as a script use it: through a terminal, -e, -f and a pipe.

    shell_test.py [PATH OF sluice]
"""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import sluice_server
from sluice_server import PATIENCE_S, Server, wait_until

CREATE = ("CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic = 's', value_format = 'JSON', "
          "partitions = 1);")


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, arguments, state, columns=100):
        environment = dict(os.environ, TERM="xterm", XDG_STATE_HOME=state, HOME=state)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(sluice_server.BINARY, ["sluice", "sql", *arguments], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_some(self, seconds):
        """False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", got.decode(errors="replace"))
        self.seen += text.replace("\r\n", "\n").replace("\r", "")
        return bool(got)

    def expect(self, pattern):
        """Waits for the pattern and gives (and forgets) everything up to its end."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = re.search(pattern, self.seen)
            if found:
                before, self.seen = self.seen[:found.end()], self.seen[found.end():]
                return before
            if time.monotonic() > end or not self.read_some(0.2):
                raise AssertionError(f"{pattern!r} did not come, but:\n{self.seen}")

    def prompt(self):
        return self.expect(r"sluice> ")

    def ask(self, text):
        """What a line of input gives, up to the next prompt."""
        self.type(text + "\n")
        self.expect(r"\n")
        return self.prompt()

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self):
        """The exit status."""
        end = time.monotonic() + PATIENCE_S
        while self.read_some(0.2):
            if time.monotonic() > end:
                os.kill(self.pid, 9)
                raise AssertionError(f"the shell did not exit, but: {self.seen}")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status


class ShellTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="sluice-shell-")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def setUp(self):
        self.data = tempfile.mkdtemp(dir=self.directory)
        self.state = tempfile.mkdtemp(dir=self.directory)
        self.server = Server(self.data)

    def tearDown(self):
        self.server.stop()

    def run_shell(self, *arguments, text=None):
        return subprocess.run([sluice_server.BINARY, "sql", "--server", self.server.url(), *arguments],
                              input=text, stdin=None if text is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE_S,
                              env=dict(os.environ, XDG_STATE_HOME=self.state))

    def file_of(self, text):
        path = os.path.join(self.state, "script.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def terminal(self, *arguments, columns=100):
        shell = Terminal(["--server", self.server.url(), *arguments], self.state, columns)
        shell.expect("Connected to " + re.escape(self.server.url()))
        shell.prompt()
        return shell

    # ---- scripts ----

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

    def test_run_script_and_files_inside_files(self):
        inner = os.path.join(self.state, "inner.sql")
        with open(inner, "w", encoding="utf-8") as file:
            file.write(CREATE)
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

    def test_a_file_of_properties(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, 'a');")
        path = os.path.join(self.state, "cli.properties")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# read from the start\nksql.streams.auto.offset.reset = earliest\n\n")
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

    def test_wrong_usage(self):
        for arguments in (["--nonsense"], ["-e"], ["--output", "XML"], ["-d", "x"], ["--query-timeout", "soon"]):
            self.assertEqual(self.run_shell(*arguments).returncode, 2, arguments)
        self.assertEqual(self.run_shell("--help").returncode, 0)

    def test_an_engine_in_the_process(self):
        data = tempfile.mkdtemp(dir=self.directory)
        for statement in (CREATE, "SHOW STREAMS;"):  # it is still there the second time
            done = subprocess.run([sluice_server.BINARY, "sql", "--data-dir", data, "-e", statement],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" S ", done.stdout)

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

    # ---- a person ----

    def test_statements_over_several_lines(self):
        shell = self.terminal()
        shell.type("CREATE STREAM s (id INT KEY, v STRING)\n")
        shell.expect(r"-> ")
        shell.type("WITH (kafka_topic = 's',\n")
        shell.expect(r"-> ")
        self.assertIn("Stream created", shell.ask("value_format = 'JSON', partitions = 1);"))
        shell.type("INSERT INTO s VALUES (1, 'two\n")
        shell.expect(r"'> ")
        shell.ask("lines');")
        shell.ask("-- a comment")
        self.assertIn("NOWHERE does not exist", shell.ask("SELECT 1 FROM nowhere; -- another"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_ctrl_c_ends_the_query_and_not_the_shell(self):
        shell = self.terminal()
        shell.ask(CREATE)
        shell.ask("INSERT INTO s VALUES (1, 'first');")
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        shell.type("SELECT * FROM s EMIT CHANGES;\n")
        shell.expect(r"1 \| first")
        self.server.ksql("INSERT INTO s VALUES (2, 'second');")
        shell.expect(r"2 \| second")
        shell.type("\x03")
        shell.expect("Query terminated")
        shell.prompt()
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0, "the query to end")
        self.assertIn(" S ", shell.ask("SHOW STREAMS;"))
        shell.type("PRINT s FROM BEGINNING;\n")
        shell.expect("rowtime: .*second")
        shell.type("\x03")
        shell.expect("Query terminated")
        shell.prompt()
        shell.type("EXIT\n")
        self.assertEqual(shell.wait(), 0)

    def test_ctrl_c_at_the_prompt_gives_the_line_up(self):
        shell = self.terminal()
        shell.type("SELECT half a\n")
        shell.expect(r"-> ")
        shell.type("statement")
        shell.expect("statement")
        shell.type("\x03")
        shell.prompt()
        self.assertIn("Stream Name", shell.ask("SHOW STREAMS;"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_history_lives_through_sessions(self):
        shell = self.terminal()
        shell.ask("SHOW STREAMS;")
        shell.type("SHOW\n")
        shell.expect(r"-> ")
        shell.ask("TABLES;")
        shell.type("EXIT\n")
        self.assertEqual(shell.wait(), 0)
        shell = self.terminal()
        said = shell.ask("HISTORY")
        self.assertRegex(said, r"SHOW STREAMS;\n.*SHOW TABLES;")
        shell.type("\x1b[A\x1b[A\x1b[A\n")  # HISTORY, EXIT, SHOW TABLES;
        shell.expect("Table Name")
        shell.prompt()
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)
        self.assertEqual(os.stat(os.path.join(self.state, "sluice", "history")).st_mode & 0o077, 0)

    def test_errors_do_not_end_the_shell(self):
        shell = self.terminal()
        said = shell.ask("SELECT * FROM nowhere;")
        self.assertIn("NOWHERE", said)
        self.assertIn("^", said)
        shell.ask("SHOW NONSENSE;")
        self.server.kill()
        self.assertIn("Cannot reach a server", shell.ask("SHOW STREAMS;"))
        self.server.start()
        shell.ask(f"SERVER {self.server.url()}")
        self.assertIn("Stream Name", shell.ask("SHOW STREAMS;"))
        shell.type("EXIT;\n")
        self.assertEqual(shell.wait(), 0)

    def test_commands_of_the_shell(self):
        spooled = os.path.join(self.state, "spool")
        shell = self.terminal()
        self.assertIn("RUN SCRIPT", shell.ask("help"))
        self.assertRegex(shell.ask("VERSION;"), r"shell \d.*\n.*[Ss]erver \d")
        shell.ask(f"SPOOL '{spooled}'")
        self.assertIn('"@type": "streams"', shell.ask("OUTPUT JSON\nSHOW STREAMS;") + shell.prompt())
        shell.ask("OUTPUT TABULAR")
        shell.ask("SHOW TABLES;")
        shell.ask("SPOOL OFF")
        shell.ask("SHOW TOPICS;")
        with open(spooled, encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"@type": "streams"', text)
        self.assertIn("Table Name", text)
        self.assertNotIn("Kafka Topic | Partitions", text)
        shell.type("QUIT\n")
        self.assertEqual(shell.wait(), 0)

    def test_short_commands(self):
        shell = self.terminal()
        shell.ask(CREATE)
        self.assertRegex(shell.ask("\\d"), r"(?s)Stream Name.* S .*Table Name")
        self.assertRegex(shell.ask("\\d s"), r"(?s)Field.*V .*VARCHAR")
        self.assertIn("Table Name", shell.ask("\\dt"))
        self.assertIn("UCASE", shell.ask("\\df ucase"))
        self.assertIn("-[ ROW 1 ]-", shell.ask("\\x") + shell.ask("\\ds"))
        self.assertIn("TABULAR", shell.ask("\\x"))
        self.assertIn("Timing is on.", shell.ask("\\timing"))
        self.assertRegex(shell.ask("SHOW TYPES;"), r"Time: \d+\.\d+ ms")
        self.assertIn("Timing is off.", shell.ask("\\timing off"))
        self.assertIn("\\watch", shell.ask("\\?"))
        self.assertIn("There is no command \\z", shell.ask("\\z"))
        self.assertIn("takes no name", shell.ask("\\dt s"))
        shell.type("\\q\n")
        self.assertEqual(shell.wait(), 0)

    def test_watching_a_statement(self):
        shell = self.terminal()
        self.assertIn("no statement yet", shell.ask("\\watch"))
        shell.ask("SHOW STREAMS;")
        self.assertIn("needs seconds", shell.ask("\\watch often"))
        shell.type("\\watch 0.1\n")
        shell.expect("Every 0.1 s: SHOW STREAMS")
        self.server.ksql(CREATE)
        shell.expect(r"\n S +\| s ")
        shell.type("\x03")
        shell.prompt()
        self.assertIn("Table Name", shell.ask("SHOW TABLES;"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_help_about_a_statement(self):
        shell = self.terminal()
        self.assertIn("INSERT INTO <source>", shell.ask("HELP INSERT"))
        self.assertRegex(shell.ask("help create;"), r"(?s)CREATE \[OR REPLACE\].*CREATE TYPE")
        self.assertRegex(shell.ask("HELP nonsense"), "no help about 'nonsense', but about CREATE STREAM,")
        self.assertIn("REQUEST PIPELINING: OFF", shell.ask("REQUEST PIPELINING OFF"))
        self.assertIn("REQUEST PIPELINING is ON or OFF.", shell.ask("REQUEST PIPELINING perhaps"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_a_long_result_goes_through_the_pager(self):
        os.environ["SLUICE_PAGER"] = "sed 's/^/paged: /'"
        try:
            shell = self.terminal()
        finally:
            del os.environ["SLUICE_PAGER"]
        self.assertIn("paged:  ABS", shell.ask("SHOW FUNCTIONS;"))
        self.assertNotIn("paged", shell.ask("SHOW STREAMS;"))
        shell.ask("PAGER OFF")
        self.assertNotIn("paged", shell.ask("SHOW FUNCTIONS;"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_long_values_wrap_in_a_narrow_terminal(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, '" + "0123456789" * 6 + "');")
        shell = self.terminal(columns=50)
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        said = shell.ask("SELECT id, v, v AS w FROM s EMIT CHANGES LIMIT 1;")
        self.assertTrue(all(len(line) <= 50 for line in said.splitlines()[:-2]), said)
        self.assertIn("Limit Reached", said)
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    # ---- EXPLAIN ANALYZE ----

    SALES = ("CREATE STREAM sales (item STRING, amount INT) WITH (kafka_topic = 'sales', "
             "value_format = 'JSON', partitions = 1);")
    TOTALS = ("CREATE TABLE totals AS SELECT item, SUM(amount) AS total FROM sales WHERE amount > 0 "
              "GROUP BY item;")

    def sell(self, *sales):
        self.server.ksql("".join(f"INSERT INTO sales VALUES ('{item}', {amount});" for item, amount in sales))

    def operators(self, sql):
        """What each operator has done, by the first word of its line."""
        [entity] = self.server.ksql(sql)
        analysis = entity["queryDescription"]["analysis"]
        return {each["operator"].split()[0]: each for each in analysis["operators"]}, analysis

    def test_explain_analyze_of_a_query_that_runs(self):
        self.server.ksql(self.SALES + self.TOTALS)
        self.sell(("tea", 3), ("tea", 4), ("coffee", 5), ("nothing", 0))
        wait_until(lambda: self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")[0]["SINK"]["stateEntries"] == 2,
                   "two items to be committed")
        operators, analysis = self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")
        self.assertEqual([(name, operators[name]["rowsIn"], operators[name]["rowsOut"])
                          for name in ("SOURCE", "FILTER", "EXCHANGE")],
                         [("SOURCE", 4, 4), ("FILTER", 4, 3), ("EXCHANGE", 3, 3)])
        self.assertEqual(operators["AGGREGATE"]["rowsIn"], 3)
        self.assertTrue(all(each["timeNs"] > 0 for each in operators.values()))
        self.assertGreater(operators["SINK"]["stateBytes"], 0)
        self.assertEqual(operators["FILTER"]["stateBytes"], 0)
        self.assertEqual((analysis["lag"], analysis["rowsLate"]), (0, 0))
        self.assertGreaterEqual(analysis["commits"], 1)
        shell = self.terminal(columns=200)
        said = shell.ask("EXPLAIN ANALYZE CTAS_TOTALS_1;")
        self.assertRegex(said, r"rows in +rows out +time ms +state: entries, size +operator\n +\d+ +\d+ +[\d.]+ +2, [\d.]+ KiB  SINK")
        self.assertRegex(said, r"\n +4 +3 +[\d.]+ +FILTER \(AMOUNT > 0\)\n")
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_explain_analyze_runs_a_select(self):
        self.server.ksql(self.SALES + self.TOTALS)
        self.sell(("tea", 3), ("tea", 4), ("coffee", 5))
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT amount FROM sales EMIT CHANGES LIMIT 2;")
        self.assertEqual((operators["SOURCE"]["rowsOut"], operators["SINK"]["rowsOut"]), (3, 2))
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT item, COUNT(*) FROM sales GROUP BY item EMIT CHANGES;")
        self.assertEqual(operators["AGGREGATE"]["rowsIn"], 3)
        self.assertGreaterEqual(operators["AGGREGATE"]["stateEntries"], 2)
        wait_until(lambda: self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")[0]["SINK"]["stateEntries"] == 2,
                   "the table to be committed")
        operators, _ = self.operators("EXPLAIN ANALYZE SELECT * FROM totals WHERE total > 5;")
        self.assertEqual((operators["SCAN"]["rowsOut"], operators["SINK"]["rowsIn"]), (2, 1))
        for sql, message in (("EXPLAIN ANALYZE CREATE STREAM o AS SELECT * FROM sales;", "EXPLAIN ANALYZE is for SELECT"),
                             ("EXPLAIN ANALYZE CTAS_TOTAL_1;", "There is no query"),
                             ("EXPLAIN ANALYZE SHOW STREAMS;", "EXPLAIN is for statements that run a query")):
            self.assertIn(message, self.server.refused(sql)[1]["message"])

    # ---- LIVE ----

    def test_live_is_a_table_that_changes_in_place(self):
        self.server.ksql(self.SALES + self.TOTALS)
        shell = self.terminal()
        self.assertIn("LIVE: ON", shell.ask("LIVE ON"))
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        self.sell(("tea", 3), ("coffee", 5))
        shell.type("SELECT item, total FROM totals EMIT CHANGES;\n")
        shell.expect(r"tea +\| +3\n coffee +\| +5\n2 rows, 2 changes")
        self.sell(("tea", 4))
        shell.expect(r"tea +\| +7\n coffee +\| +5\n2 rows, 3 changes, [\d.]+/s")
        shell.expect(r"lag 0, late 0")
        shell.resize(12, 15)  # narrower: lines are cut
        shell.expect(r" tea +\| +7\n coffee +\| +5\n2 rows, 3 chan~\n")
        shell.type("\x03")
        self.assertIn("Query terminated", shell.prompt())
        self.assertIn("LIVE: OFF", shell.ask("LIVE OFF"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_live_takes_deleted_rows_away(self):
        self.server.ksql("CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic = 't', "
                         "value_format = 'KAFKA', partitions = 1);")
        shell = self.terminal()
        shell.ask("LIVE ON")
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        self.server.ksql("INSERT INTO t VALUES (1, 'one'); INSERT INTO t VALUES (2, 'two');")
        shell.type("SELECT * FROM t EMIT CHANGES;\n")
        shell.expect(r" 1 \| one\n +2 \| two\n2 rows, 2 changes")
        self.server.ksql("INSERT INTO t (id) VALUES (1);")
        shell.expect(r"ID \| V\n[-+]+\n +2 \| two\n1 row, 3 changes")
        shell.type("\x03")
        shell.prompt()
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_live_shows_the_newest_rows_of_a_stream_that_fit(self):
        self.server.ksql(self.SALES)
        shell = self.terminal()
        shell.ask("LIVE ON")
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        self.sell(*(("tea", amount) for amount in range(1, 31)))
        shell.resize(9, 60)
        shell.type("SELECT amount FROM sales EMIT CHANGES LIMIT 30;\n")
        said = shell.prompt()
        self.assertRegex(said, r"AMOUNT\n-+\n +26\n +27\n +28\n +29\n +30\nthe newest 5, 30 rows")
        self.assertIn("Limit Reached", said)
        self.assertIn("does not exist", shell.ask("SELECT * FROM nowhere EMIT CHANGES;"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)

    def test_live_has_no_effect_without_a_terminal(self):
        self.server.ksql(self.SALES)
        self.sell(("tea", 1))
        done = self.run_shell("-e", "LIVE ON", "-e", "SET 'auto.offset.reset' = 'earliest';"
                              "SELECT item FROM sales EMIT CHANGES LIMIT 1;")
        self.assertEqual(done.stdout.splitlines()[2].strip(), "tea")
        self.assertNotIn("\x1b", done.stdout)

    # ---- completion ----

    def test_completion(self):
        self.run_shell("-e", "CREATE STREAM clicks (user_name STRING) WITH (kafka_topic = 'c', "
                             "value_format = 'JSON', partitions = 1);")
        shell = self.terminal()
        shell.type("DESCR\t")
        shell.expect("DESCRIBE ")
        shell.type("cli\t")
        shell.expect("CLICKS ")
        self.assertIn("USER_NAME", shell.ask(";"))
        shell.type("\x04")
        self.assertEqual(shell.wait(), 0)


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
