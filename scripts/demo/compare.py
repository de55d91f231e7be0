"""Compares two outputs of the demo with the truth and with each other: compare.py OUT_PT OUT_PT2."""

import sys
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]
SCORE_TOLERANCE = 1e-4


def read_rows(path: str) -> list[Row]:
    """The rows of a JSONL file, in its order."""
    return [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]


def count_right(rows: list[Row]) -> int:
    """How many rows have their true digit as label."""
    return sum(row.get("label") == str(row["digit"]) for row in rows)


def main() -> int:
    script, package = (read_rows(path) for path in sys.argv[1:3])
    for name, rows in (("TorchScript", script), ("AOTInductor", package)):
        print(f"{name}: right on {count_right(rows)} of {len(rows)} scans ({count_right(rows) / len(rows):.1%})")

    same_order = [row["id"] for row in script] == [row["id"] for row in package] == list(range(len(script)))
    same_labels = sum(a.get("label") == b.get("label") for a, b in zip(script, package, strict=False))
    apart = max(abs(a.get("score", -1.0) - b.get("score", -2.0)) for a, b in zip(script, package, strict=False))
    agree = same_order and same_labels == len(script) and apart <= SCORE_TOLERANCE
    print(
        f"the two formats {'agree' if agree else 'DISAGREE'}: "
        f"{same_labels} of {len(script)} labels are equal, scores differ by at most {apart:.1e}"
    )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
