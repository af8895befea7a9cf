"""A shell on a pseudo-terminal, as a person sees it: pyte keeps the screen that its output makes."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

import pyte

import sluice_server
from sluice_server import PATIENCE_S

ROWS, COLUMNS = 50, 100


class Terminal:
    def __init__(self, arguments, state, columns=COLUMNS, environment=None):
        environment = {**os.environ, "TERM": "xterm", "XDG_STATE_HOME": state, "HOME": state, **(environment or {})}
        environment.setdefault("NO_COLOR", "")
        self.screen = pyte.Screen(columns, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
            os.execve(sluice_server.BINARY, ["sluice", "sql", *arguments], environment)
        self.seen = ""  # what has come and was not expected yet, without colours and cursor movements

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
        self.stream.feed(got)
        text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[78])", "", got.decode(errors="replace"))
        self.seen += text.replace("\r\n", "\n").replace("\r", "")
        return bool(got)

    def wait_for(self, find, what):
        """Reads until `find` gives something."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = find()
            if found:
                return found
            if time.monotonic() > end or not self.read_some(0.2):
                raise AssertionError(f"{what!r} did not come, but:\n{self.seen}\n--- on the screen:\n{self.text()}\n--- its colors:\n{self.color_map()}")

    def expect(self, pattern):
        """Waits for the pattern in what comes, and gives (and forgets) everything up to its end."""
        found = self.wait_for(lambda: re.search(pattern, self.seen), pattern)
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def prompt(self):
        return self.expect(r"sluice> ")

    def ask(self, text):
        """What a line of input gives, up to the next prompt."""
        self.type(text + "\n")
        self.expect(r"\n")
        return self.prompt()

    def give_up(self):
        """Ctrl-C, with something in the line."""
        self.type("\x03")
        self.wait_for(lambda: self.line() == "sluice> ", "an empty line")
        self.seen = ""

    # ---- the screen ----

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def line(self):
        """The line that the cursor is in, up to the cursor."""
        return self.screen.display[self.screen.cursor.y][:self.screen.cursor.x]

    def expect_line(self, text):
        """Waits until the line up to the cursor ends with the text."""
        self.wait_for(lambda: self.line().endswith(text), text)

    def expect_screen(self, pattern):
        """Waits until the screen shows the pattern."""
        return self.wait_for(lambda: re.search(pattern, self.text()), pattern)

    def color(self, word):
        """The color of the last place on the screen where the word stands, at its first character; None: nowhere."""
        for y in range(self.screen.lines - 1, -1, -1):
            x = self.screen.display[y].rfind(word)
            if x >= 0:
                return self.screen.buffer[y][x].fg
        return None

    def color_map(self):
        """The colors of the lines around the cursor, a letter each."""
        lines = range(max(0, self.screen.cursor.y - 3), self.screen.cursor.y + 1)
        return "\n".join("".join(self.screen.buffer[y][x].fg[2 if self.screen.buffer[y][x].fg.startswith("b") else 0]
                                 for x in range(self.screen.columns)) for y in lines)

    def expect_colors(self, colors):
        """Waits until each text, where it stands last on the screen, begins in its color."""
        self.wait_for(lambda: all(self.color(text) == color for text, color in colors.items()),
                      f"colors {colors}")

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # ---- the end ----

    def leave(self):
        """Ctrl-D on an empty line. The exit status."""
        self.type("\x04")
        return self.wait()

    def wait(self):
        """The exit status."""
        end = time.monotonic() + PATIENCE_S
        while self.read_some(0.2):
            if time.monotonic() > end:
                raise AssertionError(f"the shell did not exit, but: {self.seen}")
        return self.reap()

    def reap(self):
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = None
        os.close(self.fd)
        return status

    def close(self):
        """For shells that a failed test has left."""
        if self.pid:
            os.kill(self.pid, 9)
            self.reap()
