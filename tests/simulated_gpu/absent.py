"""Writes C stubs, which answer with an error, for functions that some libraries need and some objects do not have.

    absent.py PREFIX OUT.c --have OBJECT ... --needed-by LIBRARY ...
"""

import argparse
import pathlib
import re
import subprocess
import sys

NOT_SUPPORTED = 801  # cudaErrorNotSupported; of NCCL's codes none is so large


def symbols(kind: str, files: list[str], *more: str) -> set[str]:
    """Names in the symbol tables of files, without versions."""
    text = subprocess.run(["nm", kind, *more, *files], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].partition("@")[0] for line in text.splitlines() if line and not line.endswith(":")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix", help="regular expression that names begin with")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--have", nargs="+", required=True)
    parser.add_argument("--needed-by", nargs="+", required=True)
    args = parser.parse_args()
    missing = symbols("--undefined-only", args.needed_by, "-D") - symbols("--defined-only", args.have)
    names = sorted(name for name in missing if re.match(args.prefix, name))
    stubs = [f"int {name}(void);\nint {name}(void) {{ return {NOT_SUPPORTED}; }}\n" for name in names]
    args.out.write_text("// Written by absent.py.\n" + "".join(stubs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
