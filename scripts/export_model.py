#!/usr/bin/env python3
"""Writes a bundle for infer, one file with model, tokenizer and signature, from a Hugging Face folder or any module.

    scripts/export_model.py --hf path/or/name --task text-classification --out sentiment.pt2

The program is in infer_export/, beside this file; --help lists every flag. Runs with the Python that starts it, or, if
that has no torch, with the one that scripts/setup.sh made.
"""

import importlib.util
import os
import pathlib
import sys

if importlib.util.find_spec("torch") is None:
    own_python = pathlib.Path(__file__).resolve().parents[1] / ".venv/bin/python"
    if not own_python.exists() or pathlib.Path(sys.prefix) == own_python.parents[1]:
        sys.exit("export_model: this Python has no torch: run scripts/setup.sh first, or use a Python that has it")
    os.execv(own_python, [str(own_python), *sys.argv])

from infer_export.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
