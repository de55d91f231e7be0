"""Copies the pages of the documentation, and all in the repository that they link to, into a folder, under their own
paths: so the links between them are those of the site.

    gather.py FOLDER
"""

import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def linked_files(page: pathlib.Path) -> list[pathlib.Path]:
    """Those of this repository; a folder has no page of its own."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.M | re.S)
    files = []
    for found in LINK.finditer(text):
        target = (found[1] or found[2]).partition("#")[0]
        if not target or re.match(r"\w+:", target):
            continue
        file = (page.parent / target).resolve()
        if not file.is_file() or ROOT not in file.parents:
            raise SystemExit(f"gather: error: {page.relative_to(ROOT)} links to {target}, which is no file here")
        files.append(file)
    return files


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    wanted = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    seen: set[pathlib.Path] = set()
    while wanted:
        file = wanted.pop()
        if file in seen:
            continue
        seen.add(file)
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        if file.suffix == ".md":
            wanted += linked_files(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
