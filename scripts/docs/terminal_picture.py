"""A picture of a real terminal in which a command runs, as docs/*.png have them. Needs tmux and Chromium.

    scripts/docs/terminal_picture.py --columns 120 --rows 8 --wait-for "left" --out docs/progress.png -- infer --model ...

Waits until the text is there, and --seconds more, and takes what the terminal shows, in light colours.
"""

import argparse
import html
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE_S = 120
CELL = (8.43, 18)  # of 14 px DejaVu Sans Mono, with a line's height
MARGIN = 16
COLOURS = {31: "#b3261e", 32: "#1b6e2d", 33: "#8a5a00", 34: "#1a56b0", 35: "#7b2d8e", 36: "#0b6b74", 90: "#6b6b6b"}
PAGE = """<!doctype html><meta charset="utf-8"><style>body {{ margin: {margin}px; background: #fbfbf9; color: #1d1d1b }}
pre {{ margin: 0; font: 14px/18px 'DejaVu Sans Mono', monospace }}</style><pre>{text}</pre>"""


def as_html(screen: str) -> str:
    """Of bold and the eight colours; other escapes are dropped."""
    out, style = [], ""
    for piece in re.split(r"(\x1b\[[0-9;]*m)", screen):
        codes = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if codes is None:
            text = html.escape(piece)
            out.append(f'<span style="{style}">{text}</span>' if style else text)
            continue
        for code in (int(one or 0) for one in codes[1].split(";")):
            style = "" if code == 0 else style + ("font-weight:bold;" if code == 1 else f"color:{COLOURS[code]};" if code in COLOURS else "")
    return "".join(out)


class Terminal:
    """A tmux server of its own."""

    def __init__(self, columns: int, rows: int) -> None:
        self.name = f"picture{os.getpid()}"
        self.tmux("new-session", "-d", "-s", "p", "-x", str(columns), "-y", str(rows), "env PS1='$ ' bash --norc --noprofile")
        time.sleep(1)

    def tmux(self, *arguments: str) -> str:
        return subprocess.run(["tmux", "-L", self.name, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    def type(self, command: str) -> None:
        self.tmux("send-keys", "-t", "p", command, "Enter")

    def screen(self) -> str:
        return self.tmux("capture-pane", "-e", "-p", "-t", "p")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.screen():
            if time.monotonic() > deadline:
                raise SystemExit(f'"{text}" did not come:\n{self.screen()}')
            time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--wait-for", required=True)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("terminal_picture.py: there is no Chromium")
    terminal = Terminal(args.columns, args.rows)
    try:
        terminal.type(shlex.join(args.command))
        terminal.wait_for(args.wait_for)
        time.sleep(args.seconds)
        screen = terminal.screen().rstrip("\n")
    finally:
        terminal.tmux("kill-server")
    size = (int(args.columns * CELL[0]) + 2 * MARGIN, (screen.count("\n") + 1) * CELL[1] + 2 * MARGIN)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(margin=MARGIN, text=as_html(screen)))
        subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={args.out.resolve()}",
                        f"--window-size={size[0]},{size[1]}", page.as_uri()], check=True, stderr=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
