"""--trace: a file that viewers read, with every chunk in every stage.

    trace_test.py INFER MODELS [NAME ...]
"""

import collections
import itertools
import json
import os
import pathlib
import signal
import sys
import time

from cli_support import Program, check, run, run_tests
from job import SOON, started, write_rows

STAGES = ("read", "decode", "encode", "write")
START = ("load libraries", "start MPI", "plan", "load model", "settle signature")
CHUNK_BYTES = 2000
LONGEST_START = 60.0  # seconds


def spans_of(path: pathlib.Path) -> list[dict]:
    return [event for event in json.loads(path.read_text()) if event["ph"] == "X"]


def names_of(path: pathlib.Path, kind: str) -> list[str]:
    return [event["args"]["name"] for event in json.loads(path.read_text()) if event["name"] == kind]


def check_lanes(spans: list[dict]) -> None:
    """What a thread does is one thing after the other; only a commit contains a checkpoint."""
    lanes = collections.defaultdict(list)
    for span in spans:
        if span["name"] != "checkpoint":
            lanes[span["pid"], span["tid"]].append(span)
    for lane in lanes.values():
        lane.sort(key=lambda span: span["ts"])
        for before, after in itertools.pairwise(lane):
            check(before["ts"] + before["dur"] <= after["ts"] + 1, f"{before} overlaps {after}")  # doubles: to 0.25 us


def every_chunk_in_every_stage(program: Program, folder: pathlib.Path, ranks: int) -> None:
    began = time.time()
    write_rows(folder / "in.jsonl", 300, 8)
    trace = folder / "trace.json"
    trace.write_text('[\n{"ph":"X","name":"of an earlier run"}]')
    done = run(program.command(ranks, "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output", "out.jsonl",
                               "--chunk-bytes", str(CHUNK_BYTES), "--max-batch-size", "16", "--trace", "trace.json"), folder)
    check(done.code == 0, str(done))
    check("trace trace.json, for ui.perfetto.dev" in done.stderr, str(done))
    spans = spans_of(trace)
    chunks = range(-(-(folder / "in.jsonl").stat().st_size // CHUNK_BYTES))
    for stage in STAGES:
        seen = sorted(span["args"]["chunk"] for span in spans if span["name"] == stage)
        check(seen == list(chunks), f"{stage}: chunks {seen}")
    rows = sum(span["args"]["rows"] for span in spans if span["name"] == "model" and "rows" in span["args"])
    check(rows >= 300, f"{rows} of 300 rows went through the model")  # and some for learning, on no chunk
    check({span["pid"] for span in spans} == set(range(ranks)), "not every rank is there")
    for part in START:
        check(sum(span["name"] == part for span in spans) == ranks, f"{part} is not there once for each rank")
    for span in spans:
        check(("chunk" in span["args"]) == (span["name"] not in (*START, "gather", "commit")), f"{span}")
        check(began - LONGEST_START < span["ts"] / 1e6 < time.time(), f"at another time: {span}")
    check_lanes(spans)
    check([name.split(" on ")[0] for name in names_of(trace, "process_name")] == [f"rank {rank}" for rank in range(ranks)], "ranks")
    lanes = names_of(trace, "thread_name")
    for name in ("main", "reader", "decoder, encoder", "runner"):
        check(lanes.count(name) >= ranks, f"{name} is missing among {lanes}")
    check(lanes.count("writer") == 1, f"{lanes}")


def one_rank(program: Program, folder: pathlib.Path) -> None:
    every_chunk_in_every_stage(program, folder, 1)


def three_ranks(program: Program, folder: pathlib.Path) -> None:
    every_chunk_in_every_stage(program, folder, 3)
    gathers = [span for span in spans_of(folder / "trace.json") if span["name"] == "gather"]
    check(len(gathers) % 3 == 0, f"{len(gathers)} gathers on 3 ranks")


def a_run_that_stops_has_one(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 30_000)
    with started(program.command(2, "--model", program.model("slow.pt"), *program.waits, "--input", "in.jsonl", "--output", "out.jsonl", "--chunk-bytes", "1000",
                                 "--drain-timeout", "30", "--trace", "trace.json"), folder) as job:
        job.wait_until_writing()
        os.kill(job.ranks[0], signal.SIGTERM)
        done = job.end(3 * SOON)
    check(done.code == 4, str(done))
    check({span["pid"] for span in spans_of(folder / "trace.json")} == {0, 1}, "not every rank is there")


def places_that_cannot_be(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 3, 8)
    command = ["--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output", "out.jsonl", "--trace"]
    for trace, message in (("missing/trace.json", "cannot write missing/trace.json (--trace)"), ("in.jsonl", "is the file of --input in.jsonl"),
                           ("out.jsonl", "name the same file")):
        done = run(program.command(1, *command, trace), folder)
        check(done.code == 2 and message in done.stderr, str(done))
    check(not (folder / "out.jsonl").exists() and len((folder / "in.jsonl").read_text().splitlines()) == 3, "a file was touched")
    done = run(program.command(1, *command, "/dev/full"), folder)
    check(done.code == 0 and "no trace was written: cannot write /dev/full" in done.stderr, str(done))


if __name__ == "__main__":
    sys.exit(run_tests([one_rank, three_ranks, a_run_that_stops_has_one, places_that_cannot_be], __doc__))
