"""Says how often the demo's labels are right: accuracy.py OUT.jsonl RECORDS. Exit code 1 below the floor."""

import sys
from pathlib import Path

import orjson

FLOOR = 0.88


def main() -> int:
    rows = [orjson.loads(line) for line in Path(sys.argv[1]).read_bytes().splitlines()]
    records = [orjson.loads(line) for line in Path(sys.argv[2]).read_bytes().splitlines()]
    if [row["id"] for row in rows] != [record["id"] for record in records]:
        print("the rows are NOT the records in their order")
        return 1
    share = sum(row.get("label") == row["sentiment"] for row in rows) / len(rows)
    print(f"{len(rows)} rows in the records' order, {share:.1%} of the labels are right")
    return 0 if share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
