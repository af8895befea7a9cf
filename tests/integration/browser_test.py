"""A real browser (headless Chromium) against a real server: EventSource, WebSocket and fetch from a page of another origin.

The page (browser_page.html) is served by the test, does its work by itself and posts what it saw back to the test.

    browser_test.py [PATH OF sluice]
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import sluice_server
from sluice_server import PATIENCE_S, Server, wait_until

SKIPPED = 77  # what ctest takes for "skipped"
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser_page.html")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


class Pages(http.server.BaseHTTPRequestHandler):
    """Gives the page, and takes its reports: {"name": what was tried, ...}; each test waits for its own."""

    def do_GET(self):
        known = self.path.startswith("/page")
        self.send_response(200 if known else 404)
        self.send_header("content-type", "text/html")
        self.end_headers()
        if known:
            with open(PAGE, "rb") as page:
                self.wfile.write(page.read())

    def do_POST(self):
        self.server.reports.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class BrowserTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-browser-")
        self.pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.pages.reports = []
        threading.Thread(target=self.pages.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.pages.server_port}"
        self.server = Server(os.path.join(self.directory, "data"), "--property",
                             f"access.control.allow.origin={self.origin}")
        self.server.ksql("CREATE STREAM pens (id INT KEY, color STRING) WITH (kafka_topic = 'pens', "
                         "value_format = 'JSON', partitions = 1);"
                         "INSERT INTO pens VALUES (1, 'red'); INSERT INTO pens VALUES (2, 'blue');")
        self.server.ksql("CREATE TABLE counts AS SELECT color, COUNT(*) AS n FROM pens GROUP BY color;",
                         streamsProperties={"auto.offset.reset": "earliest"})
        wait_until(lambda: len(self.server.query("SELECT * FROM counts;")) == 3, "the table to have its rows")

    def tearDown(self):
        self.server.stop()
        self.pages.shutdown()
        self.pages.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def report(self, name):
        """What the page saw while it did `name`."""
        self.browser = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={self.directory}/profile",
             f"{self.origin}/page?server={self.server.url()}&try={name}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.pages.reports, "the page to report")
            self.assertNotIn("failed", self.pages.reports[0])
            self.still_there = self.server.metric("sluice_push_queries_active")
            return self.pages.reports[0]
        finally:
            self.browser.terminate()
            self.browser.wait(PATIENCE_S)

    def no_more_queries(self):
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0, "the queries to end")

    def test_event_source(self):
        seen = self.report("events")
        self.assertEqual(seen["columns"], ["ID", "COLOR"])
        self.assertEqual(seen["rows"], [[1, "red"], [2, "blue"], [3, "green"]])
        self.assertEqual(seen["limited"], [[1], [2], "end"])
        self.assertEqual(seen["refused"], 2)  # EventSource.CLOSED: it does not try again
        self.no_more_queries()

    def test_a_tab_that_is_shut_ends_its_query(self):
        self.report("leave")
        self.assertEqual(self.still_there, 1)
        self.no_more_queries()

    def test_web_socket(self):
        seen = self.report("socket")
        self.assertEqual(seen["names"], ["ID", "COLOR"])
        self.assertEqual(seen["rows"], [[1, "red"], [2, "blue"], [4, "black"]])
        self.assertEqual(seen["limited"], {"last": {"finalMessage": "Limit Reached"}, "code": 1000})
        self.assertEqual(seen["refused"], 1003)
        self.no_more_queries()

    def test_fetch(self):
        seen = self.report("fetch")
        self.assertEqual(seen["status"], "SUCCESS")
        self.assertEqual(seen["pull"], [["red", 1]])
        self.assertEqual(seen["inserted"], [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}])
        self.assertEqual(seen["pushed"], [[1], [2], [5], [6]])
        self.assertEqual(seen["closed"], 200)
        self.assertEqual(seen["error"]["error_code"], 40001)
        self.no_more_queries()


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not BROWSER:
        print("SKIPPED: chromium is not installed")
        sys.exit(SKIPPED)
    unittest.main()
