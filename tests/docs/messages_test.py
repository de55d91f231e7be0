"""docs/messages.md has what the program says, and nothing that it does not say: each error's and warning's text in the
sources is found on the page, and each text of the page in the sources.

    messages_test.py ROOT
"""

import pathlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)+'")
RAW = re.compile(r'R"(\w*)\(')
# What ends a run or a record, and what warns: by these the text is given.
SPEAKS = re.compile(
    r"\b(?:(?:Usage|Run|Record|Stopped|Agreed)Error|Refusal|refuse\w*|warn|notices\.push_back|warnings\.push_back)\s*[({]"
    r"|RecordErrorCode::\w+,")
# Texts that need no line on the page: parts of others, of which the page has the rest.
NEED_NONE = {
    "apps/infer/main.cpp": ("starting",),
    "apps/infer/terminal.cpp": ("rank {}: {}",),  # before a warning
    "lib/check/input_lines.cpp": (", ", ", and ", " more"),  # a list of inputs, each with its own message
    "lib/reader/stream/stream_reading.cpp": ("reading the input",),  # "out of memory while ..."
    "lib/pipeline/lead.cpp": ("; trace ", "; report "),
    "lib/reader/tables/table_reader.cpp": ("what it says of itself",),  # of "cannot read ... of the input ..."
    "lib/trial/first_records.cpp": (" as ",),
}
TELLING = 10  # letters: a shorter text is on many lines


@dataclass(frozen=True)
class Site:
    place: str
    literals: tuple[str, ...]


def without_comments(text: str) -> str:
    """With raw literals made empty, for they are no messages."""
    kept = []
    at = 0
    while at < len(text):
        if text.startswith("//", at):
            at = text.find("\n", at)
            continue
        raw = RAW.match(text, at)
        if raw:
            end = f"){raw[1]}\""
            kept.append('""')
            at = text.index(end, at) + len(end)
            continue
        word = LITERAL.match(text, at) or (CHARACTER.match(text, at) if not text[at - 1].isdigit() else None)
        kept.append(word[0] if word else text[at])
        at += len(kept[-1])
    return "".join(kept)


def argument(text: str, begin: int) -> str:
    """From behind an opening bracket up to the one that closes it."""
    depth = 0
    at = begin
    while at < len(text):
        word = LITERAL.match(text, at) or CHARACTER.match(text, at)
        if word:
            at = word.end()
            continue
        depth += (text[at] in "({") - (text[at] in ")}")
        if depth < 0:
            break
        at += 1
    return text[begin:at]


def literals_of(code: str) -> tuple[str, ...]:
    joined = re.sub(r'(?<!\\)"\s+"', "", code)
    return tuple(found[1].replace('\\"', '"').replace("\\\\", "\\") for found in LITERAL.finditer(joined))


def is_text(literal: str) -> bool:
    """And not punctuation, fmt's places or a flag that is handed on by its name."""
    return bool(re.search(r"[a-z]{2}", literal)) and not re.fullmatch(r" *--[\w-]+:? *", literal)


def sources(root: pathlib.Path) -> Iterator[tuple[str, str]]:
    for folder in ("lib", "apps"):
        for path in sorted((root / folder).glob("**/*.[ch]pp")):
            yield str(path.relative_to(root)), without_comments(path.read_text())


def sites(files: dict[str, str]) -> Iterator[Site]:
    for name, text in files.items():
        for found in SPEAKS.finditer(text):
            literals = literals_of(argument(text, found.end()))
            free = NEED_NONE.get(name, ())
            if told := tuple(each for each in literals if is_text(each) and each not in free):
                yield Site(f"{name}:{text.count(chr(10), 0, found.start()) + 1}", told)


def page_messages(page: str) -> Iterator[str]:
    """The code spans of the tables' rows, and those of the text that have a gap."""
    for line in page.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            told = cells[1] if re.match(r" *`\w+` *$", cells[0]) else cells[0]
            yield from (span.replace("\\|", "|") for span in re.findall(r"`([^`]+)`", told))


def fragments(message: str) -> list[str]:
    return [part.strip() for part in message.split("…") if len(part.strip()) > 1]


def check(root: pathlib.Path) -> list[str]:
    files = dict(sources(root))
    said = "\n".join(literal for text in files.values() for literal in literals_of(text))
    page = (root / "docs/messages.md").read_text()
    shown = [part for message in page_messages(page) for part in fragments(message)]
    faults = [f"docs/messages.md: nothing says {part!r}" for part in shown if part not in said]
    telling = {part for part in shown if len(part) >= TELLING}
    for site in sites(files):
        whole = {literal.strip() for literal in site.literals}
        if not (whole & set(shown)) and not any(part in literal for part in telling for literal in site.literals):
            faults.append(f"{site.place}: docs/messages.md has no line for {' … '.join(site.literals)!r}")
    codes = re.findall(r'return "(\w+)";', files["lib/record/record_error.cpp"])
    faults += [f"docs/messages.md: no line for the code {code}" for code in codes if code != "unknown" and f"| `{code}` |" not in page]
    return faults


def main() -> int:
    faults = check(pathlib.Path(sys.argv[1]))
    print("\n".join(faults) if faults else "each message is on the page, and no other")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
