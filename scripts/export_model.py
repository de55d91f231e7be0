#!/usr/bin/env python3
"""Writes a bundle for infer, one file with model, tokenizer and signature, from a Hugging Face folder or any module.

    scripts/export_model.py --hf path/or/name --task text-classification --out sentiment.pt2

The program is in infer_export/, beside this file; --help lists every flag.
"""

import sys

from infer_export.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
