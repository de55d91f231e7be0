"""Reading and writing JSON on one core: infer's decoder and encoder beside orjson, simdjson and std::to_chars, in turn.

    .venv/bin/python scripts/bench/micro.py [--rows 20000] [--runs 9] [--results DIR]

Three jobs on the same data for every way: records of an id and 64 floats, records of an id and a text that is carried
along (lines of this Python's documentation), and rows of an id and a normalised embedding of 384 float32. Every way is
measured in processor time of one thread; the program build/release/bin/micro runs those in C++. Checks that all ways read
the same, and that infer's rows read back as the same floats. Writes micro.json and micro.md, with machine, versions and
commit, into --results (default scripts/bench/results/<date>-<cpu>).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from overhead import make_data
from report import ROOT, add_one_core_arguments, machine, package_versions, results_folder, write_results

sys.path.append(str(ROOT / "tests/support"))
from make_tokenizers import documentation_lines

FLOATS_READ, FLOATS_WRITTEN = 64, 384


@dataclass
class Job:
    """One table of the page."""

    name: str  # as build/release/bin/micro knows it
    what: str
    path: Path
    floats: int  # of a record or row
    number: float  # what every way of the program finds (tests/bench/ways.hpp)
    python: dict[str, Callable[[], None]]


def loads_all(lines: list[bytes]) -> None:
    for line in lines:
        orjson.loads(line)


def dumps_all(rows: list) -> None:
    for number, row in enumerate(rows):
        orjson.dumps({"id": number, "embedding": row}, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def reading_floats(scratch: Path, rows: int) -> Job:
    path = scratch / "micro_floats.jsonl"
    make_data(path, rows)
    lines = path.read_bytes().splitlines()
    last = [float(np.float32(orjson.loads(line)["x"][-1])) for line in lines]
    return Job("read-floats", f'records {{"id":n,"x":[{FLOATS_READ} floats]}}, {path.stat().st_size // rows} bytes each', path,
               FLOATS_READ, sum(last), {"orjson.loads": lambda: loads_all(lines)})


def reading_texts(scratch: Path, rows: int) -> Job:
    path = scratch / "micro_texts.jsonl"
    texts = documentation_lines(rows)
    lines = [orjson.dumps({"id": number, "text": texts[number % len(texts)]}) for number in range(rows)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Job("read-texts", f'records {{"id":n,"text":"..."}}, both carried along, {path.stat().st_size // rows} bytes each', path,
               0, rows, {"orjson.loads": lambda: loads_all(lines)})


def check_rows(program: Path, path: Path, values: np.ndarray) -> int:
    """That infer's rows are the floats, bit by bit. Returns how many bytes all floats take, each with its comma."""
    output = subprocess.run([program, "rows", path, str(FLOATS_WRITTEN)], check=True, capture_output=True).stdout
    lines = output.splitlines()
    frames = 0
    for number, (line, row) in enumerate(zip(lines, values, strict=True)):
        found = orjson.loads(line)
        if found["id"] != number or not np.array_equal(np.asarray(found["embedding"]).astype(np.float32), row):
            raise SystemExit(f"row {number} does not read back")
        frames += len(f'{{"id":{number},"embedding":[]}}') - 1
    return len(output) - len(lines) - frames


def writing(scratch: Path, rows: int, program: Path) -> Job:
    path = scratch / "micro_embeddings.f32"
    values = np.random.default_rng(7).standard_normal((rows, FLOATS_WRITTEN)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    values.astype("<f4").tofile(path)
    arrays, lists = list(values), values.tolist()
    return Job("write", f'rows {{"id":n,"embedding":[{FLOATS_WRITTEN} float32 of a normalised vector]}}', path, FLOATS_WRITTEN,
               check_rows(program, path, values),
               {"orjson.dumps, numpy float32": lambda: dumps_all(arrays), "orjson.dumps, list (as doubles)": lambda: dumps_all(lists)})


def time_program(program: Path, job: Job) -> dict[str, float]:
    """Seconds by way; raises when a way did not find the number."""
    command = [program, job.name, job.path, *([str(job.floats)] if job.floats else [])]
    seconds = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        took, number, way = line.split(" ", 2)
        seconds[way] = float(took)
        if abs(float(number) - job.number) > 1e-6 * abs(job.number):
            raise SystemExit(f"{job.name}: {way} found {number}, not {job.number}")
    return seconds


def time_python(way: Callable[[], None]) -> float:
    start = time.thread_time()
    way()
    return time.thread_time() - start


def measure(job: Job, rows: int, runs: int, program: Path) -> dict[str, dict[str, float]]:
    """Speed of every way, and how infer's compares in the same round; the first round warms up."""
    rounds = [time_program(program, job) | {name: time_python(way) for name, way in job.python.items()} for _ in range(runs + 1)][1:]
    result = {}
    for way in rounds[0]:
        rates = sorted(rows / one[way] for one in rounds)
        ratios = sorted(one[way] / one["infer"] for one in rounds)
        result[way] = {"rows_per_s": statistics.median(rates), "least": rates[0], "most": rates[-1],
                       "ratio_median": statistics.median(ratios), "ratio_min": ratios[0], "ratio_max": ratios[-1]}
    return result


def table(result: dict) -> str:
    """The whole page."""
    where = result["machine"]
    lines = [f"# {result['what']}", "", (f"`{result['command']}`, commit {where['commit']}, {where['date']}, {where['cpu']} ({where['instructions']}), "
              f"orjson {where['orjson']}, simdjson {where['simdjson']}, {where['compiler']}. Medians and spread of "
              f"{result['runs']} interleaved runs, processor time.")]
    for job in result["jobs"].values():
        lines += ["", f"## {job['what']}", "", "| | rows/s (spread) | ns per float | infer is so many times as fast (spread) |", "|---|---:|---:|---:|"]
        for way, row in job["ways"].items():
            each = f"{1e9 / row['rows_per_s'] / job['floats']:.1f}" if job["floats"] else ""
            ratio = "" if way == "infer" else f"{row['ratio_median']:.2f} ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})"
            lines.append(f"| {way} | {row['rows_per_s']:,.0f} ({row['least']:,.0f} to {row['most']:,.0f}) | {each} | {ratio} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Makes the data, measures every job, writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    add_one_core_arguments(parser, "micro", runs=9)
    args = parser.parse_args()
    where = machine()
    os.sched_setaffinity(0, {args.core})
    args.scratch.mkdir(parents=True, exist_ok=True)
    versions = dict(line.split(" ", 1) for line in subprocess.run(
        [args.program, "versions"], check=True, capture_output=True, text=True).stdout.splitlines())
    jobs = [reading_floats(args.scratch, args.rows), reading_texts(args.scratch, args.rows), writing(args.scratch, args.rows, args.program)]
    result: dict = {"what": f"Reading and writing JSON, one core, {args.rows:,} rows", "runs": args.runs,
                    "command": " ".join(["scripts/bench/micro.py", *sys.argv[1:]]), "machine": where | package_versions(["numpy"]) | versions,
                    "jobs": {job.name: {"what": job.what, "floats": job.floats, "ways": measure(job, args.rows, args.runs, args.program)}
                             for job in jobs}}
    write_results(result, "micro.json", args.results)
    ((args.results or results_folder()) / "micro.md").write_text(table(result))
    print(table(result))


if __name__ == "__main__":
    main()
