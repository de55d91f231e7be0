"""--report, --metrics-file and the gates: the report's numbers are the output's and the trace's own.

    report_test.py INFER MODELS [NAME ...]
"""

import collections
import json
import pathlib
import signal
import sys

from cli_support import Argument, Outcome, Program, check, check_refused, run, run_tests
from job import started
from resume_support import leave_unfinished, rows_in, slow, wait_for_rows, write_slow_input

ROWS = 400
BAD = {7: '{"id":7}', 31: "no JSON", 32: "no JSON either", 199: '{"x":"text"}', 300: "no", 301: "no"}
CLOSE = 0.1  # seconds by which clocks around the same work may differ, and the share of it


def write_input(folder: pathlib.Path) -> None:
    lines = [BAD.get(number, json.dumps({"id": number, "x": [number, 1, 2, 3, 4, 5, 6, 7]})) for number in range(ROWS)]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n")


def score(program: Program, folder: pathlib.Path, ranks: int, *more: Argument) -> Outcome:
    return run(program.command(ranks, "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output", "out.jsonl",
                               "--overwrite", "--chunk-bytes", "1000", "--max-batch-size", "16", *more), folder)


def read_rows(folder: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


def read_report(folder: pathlib.Path) -> dict:
    report = json.loads((folder / "report.json").read_text())
    check(report["schema"] == "infer-report" and report["version"] == 1, str(report)[:200])
    check(not (folder / "report.json.new").exists(), "what the report was written to is left")
    return report


def read_metrics(folder: pathlib.Path) -> dict[str, float]:
    values = {}
    for line in (folder / "infer.prom").read_text().splitlines():
        if not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            values[series.replace('{output="out.jsonl"}', "").replace('output="out.jsonl",', "")] = float(value)
    return values


def check_failures(report: dict, rows: list[dict]) -> None:
    failed = [row["error"] for row in rows if "error" in row]
    counts = collections.Counter(error["code"] for error in failed)
    check(report["rows"]["failed"] == len(failed) == len(BAD), f"{report['rows']} against {len(failed)}")
    by_code = {each["code"]: each for each in report["rows"]["failed_by_code"]}
    check({code: each["rows"] for code, each in by_code.items()} == counts, f"{by_code} against {counts}")
    for code, each in by_code.items():
        first = [f"{error['file']}:{error['line']}: {error['message']}" for error in failed if error["code"] == code][:3]
        check(each["first"] == first, f"{each['first']} against {first}")


def check_trace(report: dict, folder: pathlib.Path) -> None:
    spans = [event for event in json.loads((folder / "trace.json").read_text()) if event["ph"] == "X"]
    for rank in report["ranks"]:
        own = [span for span in spans if span["pid"] == rank["rank"]]
        rows = sum(span["args"]["rows"] for span in own if span["name"] == "encode")
        check(rank["rows"] == rows, f"rank {rank['rank']}: {rank['rows']} rows, {rows} in the trace")
        for stage in ("decode", "encode", "read"):
            seconds = sum(span["dur"] for span in own if span["name"] == stage) / 1e6
            told = rank[f"{stage}_seconds"]
            check(abs(told - seconds) < CLOSE * (1 + seconds), f"rank {rank['rank']}, {stage}: {told} s, {seconds} s in the trace")
            check(told <= seconds, f"{stage}: {told} s of {seconds} s")
    chunks = {span["args"]["chunk"] for span in spans if span["name"] == "write"}
    check(report["run"]["chunks"] == len(chunks), f"{report['run']['chunks']} chunks, {len(chunks)} in the trace")
    if len(report["ranks"]) == 1:
        model = [span for span in spans if span["name"] == "model" and "chunk" in span["args"]]
        check(len(model) >= report["batches"]["batches"], f"{len(model)} forwards of {report['batches']['batches']} batches")


def numbers_agree(program: Program, folder: pathlib.Path, ranks: int) -> None:
    write_input(folder)
    done = score(program, folder, ranks, "--max-errors", "10", "--report", "report.json", "--trace", "trace.json",
                 "--metrics-file", "infer.prom")
    check(done.code == 0 and "report report.json" in done.stderr, str(done))
    report, rows, metrics = read_report(folder), read_rows(folder), read_metrics(folder)
    check(report["outcome"]["state"] == "complete" and report["outcome"]["exit_code"] == 0, f"{report['outcome']}")
    check(report["rows"]["in"] == len(rows) == ROWS and report["rows"]["ok"] == ROWS - len(BAD), f"{report['rows']}")
    check_failures(report, rows)
    check_trace(report, folder)
    check(len(report["ranks"]) == ranks and sum(rank["rows"] for rank in report["ranks"]) == ROWS, f"{report['ranks']}")
    check(sum(report["throughput"]["rows"]) == ROWS, f"{report['throughput']}")
    batches = report["batches"]
    check(sum(rank["batches"] for rank in report["ranks"]) == batches["batches"], "batches of the ranks")
    check(sum(each["count"] for each in batches["batch_rows"]) == batches["batches"], f"{batches}")
    check(all(each["to"] <= 23 for each in batches["batch_rows"]), f"{batches}")  # the bin of 16
    check(all(rank["host_peak_bytes"] > 20 << 20 for rank in report["ranks"] if rank["rows"]), f"{report['ranks']}")
    check(f"{report['throughput']['rows_per_second']:.4g}" == f"{ROWS / report['time']['seconds']:.4g}", f"{report['throughput']}")
    check(metrics["infer_rows_total"] == ROWS and metrics["infer_failed_rows_total"] == len(BAD), f"{metrics}")
    check(metrics['infer_run_state{state="complete"}'] == 1 and metrics["infer_ranks"] == ranks, f"{metrics}")
    check("exact_sum.pt" in report["run"]["model"], report["run"]["model"])
    facts = {fact["name"]: fact["value"] for fact in report["run"]["facts"]}
    check(" bytes (" in facts["--model"] and "LibTorch" in facts, f"{facts}")
    check("--report report.json" in report["run"]["command"], report["run"]["command"])
    if ranks > 1:
        check(report["run"]["command"].startswith("mpirun"), report["run"]["command"])


def one_rank(program: Program, folder: pathlib.Path) -> None:
    numbers_agree(program, folder, 1)


def three_ranks(program: Program, folder: pathlib.Path) -> None:
    numbers_agree(program, folder, 3)


def parts_have_one(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    done = run(program.command(2, "-q", "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output-dir", "out",
                               "--chunk-bytes", "1000", "--max-errors", "10", "--report", "report.json"), folder)
    check(done.code == 0, str(done))
    report = read_report(folder)
    rows = [json.loads(line) for part in sorted((folder / "out").glob("part-*")) for line in part.read_text().splitlines()]
    check(report["rows"]["in"] == len(rows) == ROWS, f"{report['rows']}")
    check_failures(report, rows)


def killed_and_resumed(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 1500)  # far more than is in flight when it is to stop
    flags = slow(program, "--report", "report.json", "--chunk-bytes", "300")
    leave_unfinished(program.command(1, *flags), folder, signal.SIGKILL)
    with started(program.command(1, *flags, "--resume"), folder) as job:
        wait_for_rows(job, rows_in(folder / "out.jsonl.partial"))
        job.process.send_signal(signal.SIGTERM)
        stopped = job.end()
    check(stopped.code == 4, str(stopped))
    report = read_report(folder)
    check(report["outcome"]["state"] == "stopped" and report["outcome"]["exit_code"] == 4, f"{report['outcome']}")
    kept = report["rows"]["in"]
    done = run(program.command(3, *flags, "--resume"), folder)
    check(done.code == 0, str(done))
    report, rows = read_report(folder), read_rows(folder)
    sessions = report["sessions"]
    check(report["rows"]["in"] == len(rows) and report["rows"]["untold"] == 0, f"{report['rows']}")
    check(sum(session["rows"] for session in sessions) == len(rows), f"{sessions}")
    check(report["rows"]["before"] == sum(session["rows"] for session in sessions[:-1]) == kept, f"{sessions}, {kept}")
    check([session["ranks"] for session in sessions] in ([1, 1, 3], [1, 3]), f"{sessions}")  # the first may have kept no row
    failed = sum("error" in row for row in rows)
    check(report["rows"]["failed"] == failed == sum(session["failed"] for session in sessions), f"{sessions}")
    check(sum(each["rows"] for each in report["rows"]["failed_by_code"]) == failed, f"{report['rows']}")
    check(report["time"]["began"] == sessions[0]["began"], f"{report['time']}")
    check(sum(each["count"] for each in report["batches"]["batch_rows"]) == report["batches"]["batches"], "batches")


def a_run_that_fails_has_one(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    (folder / "report.html").write_text("<!doctype html>\n<!-- infer report, of an earlier run -->")
    done = score(program, folder, 2, "-q", "--on-error", "fail", "--report", "report.html", "--metrics-file", "infer.prom")
    check(done.code == 3, str(done))
    page = (folder / "report.html").read_text()
    check("failed, exit code 3" in page and "in.jsonl:8: " in page, page[-3000:])
    check(read_metrics(folder)['infer_run_state{state="failed"}'] == 1, "its metrics say otherwise")


def gates(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    for flags, code, text in ((["--fail-on-error-rate", "1.5%"], 0, ""), (["--fail-on-error-rate", "1"], 1, "more than --fail-on-error-rate 1% allows"),
                              (["--fail-on-error-rate", "2%", "--max-errors", "5"], 1, "more than --max-errors 5 allows"),
                              (["--max-errors", "6", "--min-rows-per-second", "0.01"], 0, ""),
                              (["--max-errors", "6", "--min-rows-per-second", "1e9"], 1, "fewer than --min-rows-per-second 1000000000 asks for")):
        done = score(program, folder, 1, "-q", "--report", "report.json", *flags)
        outcome = read_report(folder)["outcome"]
        check(done.code == outcome["exit_code"] == code, f"{outcome}: {done}")
        check(text in done.stderr and text in outcome["reason"], f"{outcome}: {done}")
        check(all(gate["passed"] for gate in outcome["gates"]) == (code == 0), f"{outcome}")
        check([gate["flag"] for gate in outcome["gates"]] == sorted(set(flags) & {"--max-errors", "--fail-on-error-rate", "--min-rows-per-second"},
                                                                    key=["--max-errors", "--fail-on-error-rate", "--min-rows-per-second"].index), f"{outcome}")


def places_that_cannot_be(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    (folder / "notes.html").write_text("notes")
    for flags, text in ((["--report", "report.txt"], "name a file that ends in .html"), (["--report", "notes.html"], "exists and is no such file"),
                        (["--report", "missing/r.json"], "cannot write --report missing/r.json"), (["--metrics-file", "-"], "name a file"),
                        (["--metrics-file", "out.jsonl"], "is also --output out.jsonl"), (["--metrics-file", "in.jsonl"], "is the file of --input"),
                        (["--fail-on-error-rate", "101%"], "from 0% to 100%"), (["--min-rows-per-second", "fast"], "is no number")):
        done = run(program.command(1, "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output", "out.jsonl", *flags), folder)
        check_refused(done, text)
    check(not (folder / "out.jsonl").exists() and (folder / "notes.html").read_text() == "notes", "a file was touched")


if __name__ == "__main__":
    sys.exit(run_tests([one_rank, three_ranks, parts_have_one, killed_and_resumed, a_run_that_fails_has_one, gates, places_that_cannot_be], __doc__))
