"""`sluice sql` as a person uses it, through a terminal.

    terminal_test.py [PATH OF sluice] [DIRECTORY of a virtual environment, made when absent]
"""
import os
import re
import signal
import sys
import unittest

import python_environment

PACKAGES = ("pyte==0.8.2",)

if __name__ == "__main__":
    directory = sys.argv.pop() if len(sys.argv) > 2 else "build/terminal-venv"
    python_environment.enter(os.path.abspath(directory), PACKAGES)

import shell_case  # noqa: E402
import sluice_server  # noqa: E402
from shell_case import CREATE, SALES, TOTALS, properties  # noqa: E402
from sluice_server import wait_until  # noqa: E402
from terminal import Terminal  # noqa: E402


class TerminalCase(shell_case.ShellCase):
    def terminal(self, *arguments, columns=100, environment=None):
        shell = Terminal(["--server", self.server.url(), *arguments], self.state, columns, environment)
        self.addCleanup(shell.close)
        shell.expect("Connected to " + re.escape(self.server.url()))
        shell.prompt()
        return shell


class TerminalTest(TerminalCase):
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
        self.assertEqual(shell.leave(), 0)

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
        self.assertEqual(shell.leave(), 0)

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
        self.assertEqual(shell.leave(), 0)
        self.assertEqual(os.stat(os.path.join(self.state, "sluice", "history")).st_mode & 0o077, 0)

    def test_history_outlives_a_window_that_is_closed(self):
        shell = self.terminal()
        shell.ask("SHOW TYPES;")
        os.kill(shell.pid, signal.SIGHUP)
        shell.wait()
        self.assertIn("SHOW TYPES;", self.terminal().ask("HISTORY"))

    def test_errors_do_not_end_the_shell(self):
        shell = self.terminal()
        said = shell.ask("SELECT * FROM nowhere;")
        self.assertIn("NOWHERE", said)
        self.assertIn("^", said)
        shell.ask("SHOW NONSENSE;")
        self.server.kill()
        shell.type("SHOW STREAMS;\n")
        shell.expect("Waiting for it")
        shell.type("\x03")
        shell.expect("Cannot reach a server")
        shell.prompt()
        self.server.start()
        shell.ask(f"SERVER {self.server.url()}")
        self.assertIn("Stream Name", shell.ask("SHOW STREAMS;"))
        shell.type("EXIT;\n")
        self.assertEqual(shell.wait(), 0)

    def test_a_server_that_restarts_is_waited_for(self):
        address = f"127.0.0.1:{shell_case.free_port()}"
        server = self.start_server("--listen", address)
        shell = Terminal(["--server", server.url()], self.state)
        self.addCleanup(shell.close)
        shell.expect("Connected")
        shell.prompt()
        shell.ask(CREATE)
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        shell.type("SELECT * FROM s EMIT CHANGES;\n")
        shell.expect("ID .*V")
        server.stop()
        shell.prompt()  # the query has ended, and that was said
        shell.type("INSERT INTO s VALUES (1, 'again');\n")
        shell.expect("Waiting for it to be back")
        server.start()
        shell.prompt()
        self.assertIn("again", shell.ask("SELECT v FROM s EMIT CHANGES LIMIT 1;"))  # with what was SET before
        self.assertEqual(shell.leave(), 0)

    def test_a_script_says_how_far_it_is(self):
        script = self.file_of(CREATE + "\nINSERT INTO s VALUES (1, 'a');\nASSERT TOPIC late TIMEOUT 60 SECONDS;\n"
                              "SELECT 'end' AS what FROM s EMIT CHANGES LIMIT 1;\n")
        shell = Terminal(["--server", self.server.url(), "-f", script], self.state)
        self.addCleanup(shell.close)
        shell.expect_screen(r"(?m)^Stream created\n\[3/4\] ASSERT TOPIC late TIMEOUT 60 SECONDS$")
        self.server.ksql("CREATE STREAM l (v INT) WITH (kafka_topic = 'late', value_format = 'JSON', partitions = 1);")
        shell.expect_screen(r"(?m)^ ?WHAT")
        self.server.ksql("INSERT INTO s VALUES (2, 'b');")
        self.assertEqual(shell.wait(), 0)
        self.assertNotIn("[", shell.text())
        self.assertRegex(shell.text(), r"(?m)^ ?end")

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
        self.assertEqual(shell.leave(), 0)

    def test_help_about_a_statement(self):
        shell = self.terminal()
        self.assertIn("INSERT INTO <source>", shell.ask("HELP INSERT"))
        self.assertRegex(shell.ask("help create;"), r"(?s)CREATE \[OR REPLACE\].*CREATE TYPE")
        self.assertRegex(shell.ask("HELP nonsense"), "no help about 'nonsense', but about CREATE STREAM,")
        self.assertIn("REQUEST PIPELINING: OFF", shell.ask("REQUEST PIPELINING OFF"))
        self.assertIn("REQUEST PIPELINING is ON or OFF.", shell.ask("REQUEST PIPELINING perhaps"))
        self.assertEqual(shell.leave(), 0)

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
        self.assertEqual(shell.leave(), 0)

    def test_long_values_wrap_in_a_narrow_terminal(self):
        self.run_shell("-e", CREATE + "INSERT INTO s VALUES (1, '" + "0123456789" * 6 + "');")
        shell = self.terminal(columns=50)
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        said = shell.ask("SELECT id, v, v AS w FROM s EMIT CHANGES LIMIT 1;")
        self.assertTrue(all(len(line) <= 50 for line in said.splitlines()[:-2]), said)
        self.assertIn("Limit Reached", said)
        self.assertEqual(shell.leave(), 0)

    def test_a_password_is_asked_for(self):
        users = self.file_of("ann: secret,admin\n", "users")
        guarded = self.start_server(*properties(authentication_method="BASIC", authentication_roles="admin",
                                                authentication_users_file=users))
        shell = Terminal(["--server", guarded.url(), "-u", "ann"], self.state)
        self.addCleanup(shell.close)
        shell.expect("Password of ann: ")
        shell.type("secret\n")
        self.assertNotIn("secret", shell.expect("Connected to ") + shell.prompt())
        self.assertIn("Stream Name", shell.ask("SHOW STREAMS;"))
        self.assertEqual(shell.leave(), 0)
        shell = Terminal(["--server", guarded.url(), "-u", "ann", "-p", "guess"], self.state)
        self.addCleanup(shell.close)
        self.assertNotIn("Connected", shell.prompt())
        self.assertEqual(shell.leave(), 0)

    # ---- EXPLAIN ANALYZE ----

    def test_explain_analyze_of_a_query_that_runs(self):
        self.server.ksql(SALES + TOTALS)
        self.sell(("tea", 3), ("tea", 4), ("coffee", 5), ("nothing", 0))
        wait_until(lambda: self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")[0]["AGGREGATE"]["stateEntries"] >= 2,
                   "two items to be committed")
        operators, analysis = self.operators("EXPLAIN ANALYZE CTAS_TOTALS_1;")
        self.assertEqual([(name, operators[name]["rowsIn"], operators[name]["rowsOut"])
                          for name in ("SOURCE", "FILTER", "EXCHANGE")],
                         [("SOURCE", 4, 4), ("FILTER", 4, 3), ("EXCHANGE", 3, 3)])
        self.assertEqual(operators["AGGREGATE"]["rowsIn"], 3)
        self.assertTrue(all(each["timeNs"] > 0 for each in operators.values()))
        self.assertGreater(operators["AGGREGATE"]["stateBytes"], 0)
        self.assertEqual(operators["FILTER"]["stateBytes"], 0)
        self.assertEqual((analysis["lag"], analysis["rowsLate"]), (0, 0))
        self.assertGreaterEqual(analysis["commits"], 1)
        shell = self.terminal(columns=200)
        said = shell.ask("EXPLAIN ANALYZE CTAS_TOTALS_1;")
        self.assertRegex(said, r"rows in +rows out +time ms +state: entries, size +operator\n +\d+ +\d+ +[\d.]+ .* SINK")
        self.assertRegex(said, r"\n +3 +\d+ +[\d.]+ +\d+, [\d.]+ (B|KiB) +AGGREGATE")
        self.assertRegex(said, r"\n +4 +3 +[\d.]+ +FILTER \(AMOUNT > 0\)\n")
        self.assertEqual(shell.leave(), 0)

    # ---- LIVE ----

    def test_live_is_a_table_that_changes_in_place(self):
        self.server.ksql(SALES + TOTALS)
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
        self.assertEqual(shell.leave(), 0)

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
        self.assertEqual(shell.leave(), 0)

    def test_live_shows_the_newest_rows_of_a_stream_that_fit(self):
        self.server.ksql(SALES)
        shell = self.terminal()
        shell.ask("LIVE ON")
        shell.ask("SET 'auto.offset.reset' = 'earliest';")
        self.sell(*(("tea", amount) for amount in range(1, 31)))
        shell.resize(9, 60)
        shell.type("SELECT amount FROM sales EMIT CHANGES LIMIT 30;\n")
        said = shell.expect("Limit Reached")
        shell.prompt()
        self.assertRegex(said, r"AMOUNT\n-+\n +26\n +27\n +28\n +29\n +30\nthe newest 5, 30 rows")
        self.assertIn("does not exist", shell.ask("SELECT * FROM nowhere EMIT CHANGES;"))
        self.assertEqual(shell.leave(), 0)

    # ---- colors ----

    def test_statements_have_colors_while_they_are_typed(self):
        shell = self.terminal()
        shell.type("SELECT UCASE(v), CAST(id AS INT), 'it''s ${x}' FROM s WHERE 12 < id -- all")
        shell.expect_colors({"SELECT": "blue", "UCASE": "cyan", "(v)": "default", "CAST": "blue", "INT": "magenta",
                             "'it": "green", "${x}": "brown", "FROM": "blue", "12": "brown", "-- all": "brightblack"})
        shell.give_up()
        shell.type("SELECT 'one\n")  # what is open goes on in the next line
        shell.expect("'> ")
        shell.type("FROM' FROM")
        shell.expect_colors({"FROM'": "green"})
        self.assertEqual(shell.color("FROM"), "blue")  # the last of them
        shell.type("\x7f" * 4)
        shell.expect_line("FROM' ")
        shell.type("/* SELECT")
        shell.expect_colors({"SELECT": "brightblack"})
        shell.give_up()
        shell.type("from s\x01select v \x1b[C\x1b[C")  # the cursor stands inside
        shell.expect_line("select v fr")
        shell.expect_colors({"select": "blue", "from": "blue", " v ": "default"})
        shell.type("\x0b")  # and what is behind it is deleted
        shell.expect_line("select v fr")
        shell.expect_screen("select v fr$")
        shell.expect_colors({"fr": "default"})
        shell.give_up()
        self.assertEqual(shell.leave(), 0)

    def test_a_line_longer_than_the_terminal_keeps_its_colors(self):
        shell = self.terminal(columns=40)
        typed = "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' FROM t WHERE x"
        for piece in (typed[:30], typed[30:32], typed[32:60], typed[60:]):
            shell.type(piece)  # the border is passed at each of its sides
            shell.expect_line(piece[-2:])
        shown = "sluice> " + typed
        shell.expect_screen("\n".join(shown[i:i + 40].rstrip() for i in range(0, len(shown), 40)) + "$")
        shell.expect_colors({"SELECT": "blue", "aaaa": "green", "FROM": "blue", "x": "default"})
        shell.type("\x01\x1b[C\x1b[C")
        shell.expect_line("sluice> SE")
        shell.type("X")
        shown = shown.replace("SELECT", "SEXLECT")
        shell.expect_screen("\n".join(shown[i:i + 40].rstrip() for i in range(0, len(shown), 40)) + "$")
        shell.expect_colors({"SEXLECT": "default"})
        shell.resize(50, 100)
        shell.type("\x7f")
        shell.expect_colors({"SELECT": "blue"})
        shell.give_up()
        self.assertEqual(shell.leave(), 0)

    def test_errors_history_and_statements_have_colors(self):
        shell = self.terminal()
        shell.ask(CREATE)
        shell.ask("SELECT v FROM nowhere EMIT CHANGES;")
        shell.expect_colors({"NOWHERE does": "red", "FROM nowhere": "blue", "nowhere EMIT": "default", "^~~": "red",
                             "hint": "cyan"})
        shell.ask("HISTORY")
        shell.expect_colors({"CHANGES": "blue"})
        spooled = os.path.join(self.state, "spool")
        shell.ask(f"SPOOL '{spooled}'")
        shell.ask("DESCRIBE s EXTENDED;")
        shell.expect_colors({"VARCHAR(": "default", "kafka_topic = ": "default", "'JSON'": "green"})
        shell.ask("HISTORY")
        shell.ask("SPOOL OFF")
        with open(spooled, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("CREATE STREAM s (id INT KEY", text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(shell.leave(), 0)

    def test_no_color(self):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            shell = self.terminal(environment=environment)
            shell.type("SELECT 'x' FROM y")
            shell.expect_line("FROM y")
            shell.ask(";")
            self.assertEqual({shell.color(word) for word in ("SELECT", "'x'", "FROM", "does not exist")}, {"default"})
            self.assertEqual(shell.leave(), 0)

    # ---- completion ----

    def test_completion(self):
        self.server.ksql("CREATE STREAM clicks (user_name STRING) WITH (kafka_topic = 'c', "
                         "value_format = 'JSON', partitions = 1);")
        shell = self.terminal()
        shell.type("DESCR\t")
        shell.expect_line("sluice> DESCRIBE ")
        shell.type("cli\t")
        shell.expect_line("DESCRIBE CLICKS ")
        self.assertIn("USER_NAME", shell.ask(";"))
        shell.ask("CREATE STREAM new_one AS SELECT * FROM clicks;")
        shell.type("DESCRIBE ne\t")  # what has just been made is known
        shell.expect_line("DESCRIBE NEW_ONE ")
        shell.give_up()
        shell.type("SHOW T\t")  # several: what they have in common, then all of them
        shell.expect_line("SHOW T")
        shell.expect_screen(r"TABLES +TOPICS +TYPES\nsluice> SHOW T")
        shell.type("o\t;\n")
        shell.expect("Partitions")
        shell.prompt()
        self.assertEqual(shell.leave(), 0)

    def test_completion_knows_where_it_is(self):
        self.server.ksql("CREATE TYPE address AS STRUCT<street STRING, number INT>;"
                         "CREATE STREAM clicks (page STRING, place address, `Odd name` INT, homes ARRAY<address>) "
                         "WITH (kafka_topic = 'web-clicks', value_format = 'JSON', partitions = 1);"
                         "CREATE TABLE users (user_id INT PRIMARY KEY, pace INT) WITH (kafka_topic = 'users', "
                         "value_format = 'JSON', partitions = 1);"
                         "CREATE STREAM copied AS SELECT * FROM clicks;")
        script = self.file_of("SHOW STREAMS;")
        shell = self.terminal(columns=200)
        for typed, completed in (
                ("SELECT * FROM cl", "SELECT * FROM CLICKS "),
                ("SELECT 1 FROM clicks c JOIN us", "JOIN USERS "),
                ("SELECT * FROM clicks c WHERE c.pag", "c.PAGE "),
                ("SELECT * FROM clicks JOIN users u ON u.us", "u.USER_ID "),
                ("SELECT * FROM clicks WHERE place->st", "place->STREET "),
                ("SELECT * FROM clicks c WHERE c.place->nu", "place->NUMBER "),
                ("SELECT * FROM clicks WHERE homes[1]->nu", "homes[1]->NUMBER "),
                ("SELECT * FROM clicks WHERE od", "WHERE `Odd name` "),
                ("SELECT * FROM clicks WHERE `od", "WHERE `Odd name` "),
                ("SELECT * FROM clicks WHERE `Odd na", "WHERE `Odd name` "),
                ("SELECT * FROM users WHERE pac", "WHERE PACE "),
                ("SELECT * FROM users WHERE ucas", "WHERE ucase("),
                ("SELECT * FROM clicks emi", "emit "),
                ("SELECT * FROM clicks EMIT ch", "EMIT changes "),
                ("SELECT cast(page AS bigi", "AS bigint "),
                ("INSERT INTO users (pa", "(PACE "),
                ("SET 'auto.off", "'auto.offset.reset' "),
                ("PRINT co", "PRINT COPIED "),
                ("PRINT 'web-cl", "PRINT 'web-clicks' "),
                ("PRINT we", "PRINT `web-clicks` "),
                ("TERMINATE CSA", "TERMINATE CSAS_COPIED_1 "),
                ("EXPLAIN ana", "EXPLAIN analyze "),
                ("EXPLAIN SELECT * FROM cl", "FROM CLICKS "),
                ("CREATE STREAM n (a addr", "a ADDRESS "),
                ("CREATE STREAM n (a INT, b ARRAY<dou", "ARRAY<double "),
                ("CREATE STREAM n (a INT) WITH (value_f", "(value_format = "),
                ("CREATE STREAM n (a INT) WITH (value_format = 'del", "'DELIMITED' "),
                ("CREATE STREAM n (a INT) WITH (kafka_topic = 'web-c", "'web-clicks' "),
                ("CREATE OR RE", "CREATE OR REPLACE "),
                ("SHOW QU", "SHOW QUERIES "),
                ("DROP TYPE ad", "DROP TYPE ADDRESS "),
                ("DESCRIBE FUNCTION initc", "FUNCTION INITCAP "),
                ("OUTPUT ver", "OUTPUT vertical "),
                ("hist", "sluice> history "),
                ("\\tim", "\\timing "),
                ("\\d cli", "\\d CLICKS "),
                ("\\df initc", "\\df INITCAP "),
                ("RUN SCRIPT '" + script[:-6], f"'{script}' "),
                ("SHOW STREAMS; SELECT * FROM us", "FROM USERS "),
                ("SELECT 'web-cl", "SELECT 'web-cl"),  # inside of a string nothing is known
                ("CREATE STREAM cl", "CREATE STREAM cl")):  # a new name
            shell.type(typed + "\t")
            shell.expect_line(completed)
            shell.give_up()
        shell.type("SELECT * FROM users\n")
        shell.expect("-> ")
        shell.type("WHERE pac\t")  # what stands in earlier lines counts
        shell.expect_line("WHERE PACE ")
        shell.give_up()
        shell.type(" FROM users" + "\x01SELECT pac\t")  # and what stands behind the cursor
        shell.expect_line("SELECT PACE ")
        shell.expect_screen("SELECT PACE  FROM users")
        shell.give_up()
        self.assertEqual(shell.leave(), 0)


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
