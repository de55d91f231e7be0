"""Completions in real shells, each typed at its prompt, and the man page as man shows it.

    shells_test.py INFER MODELS [NAME ...]      a shell that is not installed is skipped
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time

from cli_support import Program, check, environment, run, run_tests

# What is typed, and what a tab makes of it; behind a flag some shells put "=" at once, and others a blank.
TYPED = {
    "infer --sched": "infer --schedule",
    "infer --schedule st": "infer --schedule static",
    "infer --schedule=dy": "infer --schedule=dynamic",
    "infer -q --task emb": "infer -q --task embedding",
    "infer insp": "infer inspect",
    "infer inspect --pre": "infer inspect --preload-lib",
    "infer inspect sc": "infer inspect score.pt",
    "infer --model sc": "infer --model score.pt",
    "infer -m sc": "infer -m score.pt",
    "infer --input a.jsonl b": "infer --input a.jsonl b.jsonl",
    "infer --input a.jsonl --ove": "infer --input a.jsonl --overwrite",
    "infer --model=score.pt --res": "infer --model=score.pt --resume",
    "infer check --js": "infer check --json",
    "infer check --schedule st": "infer check --schedule static",
    "infer merge par": "infer merge parts/",
    "infer merge parts --overw": "infer merge parts --overwrite",
    "infer --output-dir par": "infer --output-dir parts/",
    "infer --print fi": "infer --print fish",
    "infer --print b": "infer --print bash",
}

PLACES = {"man": "man/man1/infer.1", "bash": "bash-completion/completions/infer", "zsh": "zsh/site-functions/_infer",
          "fish": "fish/vendor_completions.d/infer.fish"}


def lay_out(program: Program, folder: pathlib.Path, shell: str, name: str) -> pathlib.Path:
    """The completion file as an installation has it, and files to complete."""
    done = run([str(program.infer), "--print", shell])
    check(done.code == 0 and not done.stderr, str(done))
    (folder / "completions").mkdir()
    (folder / "completions" / name).write_bytes(done.stdout)
    for file in ("score.pt", "a.jsonl", "b.jsonl"):
        (folder / file).touch()
    (folder / "parts").mkdir()
    return folder / "completions" / name


class Prompt:
    """A shell at a terminal. A line is completed, then shown by echo with a mark on both sides."""

    def __init__(self, command: list[str], folder: pathlib.Path) -> None:
        self.terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
        self.shell = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  no threads here
                                      env=environment() | {"TERM": "dumb", "PS1": "> ", "HOME": str(folder), "ZDOTDIR": str(folder)})
        os.close(theirs)

    def __enter__(self) -> "Prompt":
        return self

    def __exit__(self, *_: object) -> None:
        self.shell.kill()
        self.shell.wait()
        os.close(self.terminal)

    def answer(self, keys: str, pattern: str) -> str:
        os.write(self.terminal, keys.encode())
        text = ""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                text += os.read(self.terminal, 65536).decode(errors="replace")
            if found := re.search(pattern, text):
                return found[1]
        raise AssertionError(f"no {pattern!r} after {keys!r}: {text!r}")

    def completed(self, line: str) -> str:
        return self.answer(f"{line}\t\x01echo '@\x05@'\n", r"[\r\n]@(infer[^\r\n@]*)@\r?\n").rstrip()


def check_prompt(prompt: Prompt, ready: str) -> None:
    prompt.answer("", "(> )")  # what is typed earlier may be lost
    prompt.answer(f"{ready}; echo rea''dy\n", r"(ready)\r?\n")
    for line, wanted in TYPED.items():
        got = prompt.completed(line)
        check(got.rstrip("=/ ") == wanted.rstrip("/"), f"{line!r} became {got!r}, not {wanted!r}")


def bash(program: Program, folder: pathlib.Path) -> None:
    file = lay_out(program, folder, "bash", "infer")
    with Prompt(["bash", "--norc", "--noprofile", "-i"], folder) as prompt:
        check_prompt(prompt, f"bind 'set enable-bracketed-paste off'; source {file}")


def zsh(program: Program, folder: pathlib.Path) -> None:
    if not shutil.which("zsh"):
        print("zsh: skipped: not installed")
        return
    file = lay_out(program, folder, "zsh", "_infer")
    (folder / ".zshrc").write_text(f"bindkey -e; unset zle_bracketed_paste; fpath=({file.parent} $fpath)\n"
                                   "autoload -Uz compinit; compinit -u -D\n")
    with Prompt(["zsh", "-d", "-i"], folder) as prompt:
        check_prompt(prompt, "true")


def fish(program: Program, folder: pathlib.Path) -> None:
    if not shutil.which("fish"):
        print("fish: skipped: not installed")
        return
    file = lay_out(program, folder, "fish", "infer.fish")
    questions = "".join(f"echo '@{line}'; complete -C '{line}'\n" for line in TYPED)
    (folder / "ask.fish").write_text(f"source {file}\n{questions}")
    done = run(["env", f"HOME={folder}", "fish", "--no-config", str(folder / "ask.fish")], folder)
    check(done.code == 0 and not done.stderr, str(done))
    answers = re.split(r"^@", done.stdout.decode(), flags=re.M)[1:]
    for (line, wanted), answer in zip(TYPED.items(), answers, strict=True):
        first = [each.split("\t")[0] for each in answer.splitlines()[1:]]
        check(first == [wanted.rpartition(" ")[2]], f"{line!r} gives {first}")


def man(program: Program, folder: pathlib.Path) -> None:
    """Without a warning, and with what is in the text of the flags."""
    if not shutil.which("man") or not shutil.which("groff"):
        print("man: skipped: not installed")
        return
    page = folder / "infer.1"
    page.write_bytes(run([str(program.infer), "--print", "man"]).stdout)
    shown = run(["env", "LC_ALL=C.UTF-8", "MANWIDTH=100", "man", "--warnings", "-l", str(page)], folder)
    check(shown.code == 0 and not shown.stderr, str(shown))
    text = re.sub(r"\s+", " ", re.sub(r".\x08", "", shown.stdout.decode()))
    for part in ("-m, --model FILE", "--max-record-bytes SIZE", "Default: 64MiB.", "One of: auto, outputs,",
                 "infer merge FOLDER ...", "'day=*/*.jsonl.gz'", "ids:int64:[*]:0..30521", "Exit codes: 0 complete"):
        check(part in text, f"man does not show {part!r}")


def installed(program: Program, folder: pathlib.Path) -> None:
    """By cmake --install, where man and the shells look."""
    done = run(["cmake", "--install", str(program.infer.parents[1]), "--prefix", str(folder / "usr")])
    check(done.code == 0, str(done))
    for form, place in PLACES.items():
        check((folder / "usr/share" / place).read_bytes() == run([str(program.infer), "--print", form]).stdout, place)
    check(run([str(folder / "usr/bin/infer"), "--help"]).code == 0, "what was installed does not start")


TESTS = [bash, zsh, fish, man, installed]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
