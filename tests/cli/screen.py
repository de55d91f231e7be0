"""A terminal for tests: runs a command in it, and knows what stands on its screen."""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

from cli_support import check, environment

CONTROL = re.compile(r"\x1b\[(\d*)([A-Za-z])")


class Screen:
    """What a terminal makes of text: carriage returns, line ends, and the few sequences that infer uses."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines = [""]
        self.row = 0
        self.column = 0
        self.wrapped = 0
        self.longest = 0

    def take(self, text: str) -> None:
        at = 0
        while at < len(text):
            control = CONTROL.match(text, at)
            if control:
                self.obey(control[2], int(control[1] or 0))
                at = control.end()
                continue
            self.put(text[at])
            at += 1

    def obey(self, letter: str, number: int) -> None:
        if letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        elif letter == "A":
            self.row = max(0, self.row - number)
        else:
            check(letter == "m", f"a sequence that no test knows: {letter}")

    def put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.next_row()
        else:
            if self.column == self.columns:
                self.wrapped += 1
                self.next_row()
                self.column = 0
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1
            self.longest = max(self.longest, self.column)

    def next_row(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def resize(self, columns: int) -> None:
        """The lines are broken anew, as most terminals do."""
        lines: list[str] = []
        row = 0
        for number, line in enumerate(self.lines):
            pieces = [line[at : at + columns] for at in range(0, max(len(line), 1), columns)]
            lines += pieces
            if number <= self.row:
                row = len(lines) - 1
        self.lines, self.row, self.columns = lines, row, columns
        self.column = len(lines[row])
        self.longest = self.wrapped = 0


class TerminalJob:
    """A command whose stderr is a terminal, and whose standard output is not."""

    def __init__(self, command: Sequence[str], folder: pathlib.Path, columns: int,
                 variables: Mapping[str, str] | None = None) -> None:
        self.screen = Screen(columns)
        self.text = ""
        self.control, terminal = pty.openpty()
        self.set_size(columns)
        own = {name: value for name, value in environment().items() if name not in ("COLUMNS", "NO_COLOR")}
        with (folder / "stdout").open("wb") as stdout:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=terminal,
                                            env=own | {"TERM": "xterm"} | dict(variables or {}))
        os.close(terminal)

    def set_size(self, columns: int) -> None:
        fcntl.ioctl(self.control, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

    def resize(self, columns: int) -> None:
        self.read(0.0)
        self.set_size(columns)
        self.screen.resize(columns)

    def read(self, seconds: float) -> bool:
        """False at the end."""
        if not select.select([self.control], [], [], seconds)[0]:
            return True
        try:
            text = os.read(self.control, 65536).decode()
        except OSError:
            return False
        self.text += text
        self.screen.take(text)
        return bool(text)

    def read_until(self, is_there: Callable[[str], object], what: str, limit: float = 30.0) -> None:
        """Of what came since now."""
        begin, end = len(self.text), time.monotonic() + limit
        while not is_there(self.text[begin:]):
            check(time.monotonic() < end, f"no {what} within {limit} s: {self.text!r}")
            check(self.read(0.1), f"ended before {what}: {self.text!r}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, limit: float = 60.0) -> int:
        end = time.monotonic() + limit
        while self.read(0.1):
            check(time.monotonic() < end, f"not over after {limit} s: {self.text!r}")
        os.close(self.control)
        return self.process.wait()
