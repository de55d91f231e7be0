"""infer on simulated GPUs: the same rows as on the CPU, what a GPU cannot hold, and what is refused.

    gpu_runs_test.py INFER MODELS [NAME ...]

on_simulated_gpus lies beside INFER.
"""

import collections
import itertools
import json
import pathlib
import random
import re
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from cli_support import MPIRUN, Argument, Program, check, run, run_tests
from job import write_rows

ROWS = 2000
SMALL_GPU = 128  # MiB
ONE_THREAD = ("--threads", "1", "--replicas", "1")  # hungry.pt on the CPU


def infer(program: Program, model: str, *more: Argument) -> list[str]:
    return [str(program.infer), "--model", str(program.model(model)), "--input", "in.jsonl", *map(str, more)]


def on_gpus(gpus: int, command: list[str], **settings: str | int) -> list[str]:
    """`command` where there are so many GPUs; settings as in settings.hpp."""
    variables = {"SIMULATED_GPUS": gpus, "SIMULATED_GPU_FOLDER": ".", "INFER_DEVICE": "cuda"} | settings
    launcher = pathlib.Path(command[0]).with_name("on_simulated_gpus")
    return ["env", *(f"{name}={value}" for name, value in variables.items()), str(launcher), *command]


def on_ranks(ranks: int, command: list[str]) -> list[str]:
    return [*MPIRUN, "-np", str(ranks), *command]


def scored(folder: pathlib.Path, command: list[str], code: int = 0, name: str = "out.jsonl") -> bytes:
    """Runs a command that writes `name`, and returns that."""
    done = run([*command, "--output", name, "--overwrite"], folder)
    check(done.code == code, f"expected exit {code}: {done}")
    return (folder / name).read_bytes()


def on_the_cpu(folder: pathlib.Path, command: list[str]) -> bytes:
    return scored(folder, command, name="cpu.jsonl")


def refused(folder: pathlib.Path, command: list[str], *words: str) -> None:
    """Before any work, and with such a message."""
    done = run([*command, "--output", "out.jsonl"], folder)
    check(done.code == 2 and not (folder / "out.jsonl").exists(), f"not refused: {done}")
    check(all(word in done.message() for word in words), f"no {words}: {done}")


def same_rows_as_the_cpu(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", ROWS, 8)
    command = infer(program, "exact_sum.pt")
    expected = on_the_cpu(folder, command)
    for ranks in (1, 2, 3):
        for gather in ("nccl", "mpi"):
            for schedule in ("dynamic", "static"):
                flags = ["--gather", gather, "--schedule", schedule]
                rows = scored(folder, on_ranks(ranks, on_gpus(3, [*command, *flags])))
                check(rows == expected, f"other rows than on the CPU: {ranks} ranks {flags}")


def one_process_with_several_gpus(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", ROWS, 8)
    command = infer(program, "exact_sum.pt")
    expected = on_the_cpu(folder, command)
    for device in ("cuda:0,cuda:1", "cuda:1", "auto"):
        rows = scored(folder, on_gpus(2, [*command, "--device", device, "--replicas", "3"], SIMULATED_GPU_LAG_US=2000))
        check(rows == expected, f"other rows than on the CPU: {device}")


def texts_indices_and_several_outputs(program: Program, folder: pathlib.Path) -> None:
    for model, line in (("two_inputs.pt", '{"a":[1,2,3,%d],"ids":[1,%d,3]}'), ("dict_outputs.pt", '{"x":[0.5,%d,%d,1]}'),
                        ("bundle_text.pt", '{"text":"word %d and %d more"}'), ("bundle_packed.pt", '{"text":"word %d and %d more"}'),
                        ("double.pt", '{"x":[%d.1,%d]}')):
        (folder / "in.jsonl").write_text("".join(line % (i % 11, i % 10) + "\n" for i in range(300)))
        command = infer(program, model)
        expected = on_the_cpu(folder, command)
        check(scored(folder, on_ranks(2, on_gpus(2, command))) == expected, f"other rows than on the CPU: {model}")


def summary_line(program: Program, folder: pathlib.Path, texts: int, *more: Argument) -> tuple[str, int]:
    """What the summary says of the GPU, and how often memory was pinned."""
    draw = random.Random(5)
    lines = (f'{{"text":"{" ".join(["word"] * draw.randint(1, 20))}"}}\n' for _ in range(texts))
    (folder / "in.jsonl").write_text("".join(lines))
    log = folder / "pinned"
    log.unlink(missing_ok=True)
    command = infer(program, "bundle_text.pt", "--output", "out.jsonl", "--overwrite", *more)
    done = run(on_gpus(1, command, SIMULATED_GPU_PINNED_LOG=log), folder)
    check(done.code == 0, str(done))
    return next(line for line in done.stderr.splitlines() if "GPU busy" in line), len(log.read_text().splitlines())


def few_shapes_one_wait_and_nothing_pinned_per_batch(program: Program, folder: pathlib.Path) -> None:
    """Per shape, wait and pinned piece a real GPU takes up to hundreds of milliseconds."""
    small = ("--max-batch-tokens", 256, "--replicas", 1)
    few, pinned_for_few = summary_line(program, folder, 500, *small)
    many, pinned_for_many = summary_line(program, folder, 4000, *small)
    for line in (few, many):
        shapes, waits = re.search(r" (\d+) shapes? of batches, ([\d.]+) waits per batch", line).groups()
        check(int(shapes) <= 20, line)
        check(waits == "1.00", line)
    check(pinned_for_many <= pinned_for_few + 4, f"pinned {pinned_for_few} times for 500 texts, {pinned_for_many} for 4000")


def a_trace_shows_when_the_gpu_had_work(program: Program, folder: pathlib.Path) -> None:
    """Each lane of work lies in the forwards of one runner, one in one."""
    summary_line(program, folder, 300, "--trace", "trace.json")
    events = json.loads((folder / "trace.json").read_text())
    works, forwards = (lanes(events, name) for name in ("GPU", "model"))
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    check({names[lane] for lane in works} == {"runner's GPU work"}, repr(names))
    check(len(works) == len(forwards) > 0, f"{len(works)} lanes of {len(forwards)} runners")
    check(any(all(map(within, works.values(), runners)) for runners in itertools.permutations(forwards.values())),
          f"{works} is not within {forwards}")


def lanes(events: list[dict[str, Any]], name: str) -> dict[int, list[tuple[float, float]]]:
    """By lane: from when to when what has that name was done, in microseconds, in order."""
    spans = collections.defaultdict(list)
    for event in events:
        if event["name"] == name:
            spans[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    return {lane: sorted(all_) for lane, all_ in spans.items()}


def within(works: list[tuple[float, float]], forwards: list[tuple[float, float]]) -> bool:
    """To 10 microseconds: events know theirs as floats of milliseconds."""
    return len(works) == len(forwards) and all(
        forward[0] - 10 <= work[0] <= work[1] <= forward[1] + 10
        for work, forward in zip(works, forwards, strict=True))


def bad_records_cost_themselves(program: Program, folder: pathlib.Path) -> None:
    rows = ('{"x":[1,2,3,%d]}\n' % (-1 if i % 50 == 7 else i) for i in range(300))
    (folder / "in.jsonl").write_text("".join(rows))
    command = infer(program, "raises_on_negative.pt", "--input-spec", "x:float32:[4]", "--max-errors", "6")
    expected = on_the_cpu(folder, command)
    check(expected.count(b"a value is negative") == 6, "the test's own records")
    check(scored(folder, on_ranks(2, on_gpus(2, command))) == expected, "other rows than on the CPU")


def an_index_outside_of_its_table(program: Program, folder: pathlib.Path) -> None:
    """It would break the device."""
    (folder / "in.jsonl").write_text("".join('{"a":[1,2,3,4],"ids":[1,%d,3]}\n' % i for i in range(11)))
    rows = scored(folder, on_gpus(1, infer(program, "two_inputs.pt")), code=1).splitlines()
    check([b'"code":"out_of_range"' in row for row in rows] == [False] * 10 + [True], repr(rows))


def a_model_compiled_for_the_cpu(program: Program, folder: pathlib.Path) -> None:
    """It runs there, unless a GPU is asked for."""
    write_rows(folder / "in.jsonl", 100, 8)
    command = [*infer(program, "exact_sum.pt2"), "--input-spec", "x:float32:[8]"]
    expected = on_the_cpu(folder, command)
    done = run(on_ranks(2, on_gpus(2, [*command, "--device", "auto", "--output", "out.jsonl"])), folder)
    check(done.code == 0 and done.message().count("is compiled for the CPU, so no GPU is used") == 1, str(done))
    check((folder / "out.jsonl").read_bytes() == expected, "other rows than without GPUs")
    (folder / "out.jsonl").unlink()
    refused(folder, on_gpus(2, command), "compiled for cpu, but the device is cuda:0")


def too_few_gpus(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 10, 8)
    command = infer(program, "exact_sum.pt")
    refused(folder, on_ranks(3, on_gpus(2, command)), "2 GPUs for 3 ranks", "ppr:2:node")
    refused(folder, on_ranks(2, on_gpus(4, command, CUDA_VISIBLE_DEVICES="3")), "rank 0 and rank 1 are both on GPU-")
    refused(folder, on_gpus(4, command, CUDA_VISIBLE_DEVICES=""), "this process sees no GPU")
    refused(folder, on_gpus(2, [*command, "--device", "cuda:2"]), "cuda:2: this process sees 2 GPUs")


def a_gpu_that_the_launcher_gave(program: Program, folder: pathlib.Path) -> None:
    """As Slurm does: each rank sees one GPU, and that is another one."""
    write_rows(folder / "in.jsonl", ROWS, 8)
    command = infer(program, "exact_sum.pt", "--gather", "nccl")
    expected = on_the_cpu(folder, infer(program, "exact_sum.pt"))
    first, second = (on_gpus(4, [*command, "--output", "out.jsonl"], CUDA_VISIBLE_DEVICES=gpu) for gpu in "31")
    done = run([*on_ranks(1, first), ":", "-np", "1", *second], folder)
    check(done.code == 0 and "gather by nccl" in done.stderr, str(done))
    check((folder / "out.jsonl").read_bytes() == expected, "other rows than on the CPU")


def a_check_says_which_rank_has_which_gpu(program: Program, folder: pathlib.Path) -> None:
    """And gathers between them; two ranks on one GPU are refused before that."""
    write_rows(folder / "in.jsonl", 20, 8)
    command = [str(program.infer), "check", *infer(program, "exact_sum.pt")[1:], "--output", "out.jsonl"]
    own = run(on_ranks(2, on_gpus(2, command)), folder)
    lines = {row.split(" | ")[0].strip(): row for row in own.stdout.decode().splitlines()}
    check(own.code == 0 and re.search(r"rank 0 .*: cuda:0: .*rank 1 .*: cuda:1: ", lines["device"]) is not None, f"{own} {lines}")
    check("nccl" in lines["gather"], f"not by NCCL: {lines}")
    shared = run(on_ranks(2, on_gpus(1, command)), folder)
    table = shared.stdout.decode()
    check(shared.code == 2 and "device    | fail | rank 0 and rank 1 are both on" in table and "gather    | skip" in table, f"{shared} {table}")


def batches_too_large_for_the_gpu(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 300, 8)
    command = infer(program, "hungry.pt")
    expected = on_the_cpu(folder, [*command, *ONE_THREAD])
    done = run(on_gpus(1, [*command, "--output", "out.jsonl"], SIMULATED_GPU_MIB=SMALL_GPU), folder)
    check(done.code == 0 and "batches were halved" in done.stderr, str(done))
    check((folder / "out.jsonl").read_bytes() == expected, "other rows than on the CPU")


def rows_that_fit_only_alone(program: Program, folder: pathlib.Path) -> None:
    """Two threads with 80 MiB for each row, where there are 128: neither may find that its row does not fit."""
    (folder / "in.jsonl").write_text("".join('{"x":[80,%d]}\n' % i for i in range(60)))
    command = infer(program, "hungry.pt", "--chunk-bytes", "300")
    expected = on_the_cpu(folder, [*command, *ONE_THREAD])
    done = run(on_gpus(1, [*command, "--output", "out.jsonl"], SIMULATED_GPU_MIB=SMALL_GPU), folder)
    check(done.code == 0 and "fitted only alone" in done.stderr and "--replicas 1 avoids" in done.stderr, str(done))
    check((folder / "out.jsonl").read_bytes() == expected, "other rows than on the CPU")


def a_row_too_large_for_the_gpu(program: Program, folder: pathlib.Path) -> None:
    (folder / "in.jsonl").write_text("".join('{"x":[%d,1]}\n' % (200 if i == 70 else 1) for i in range(100)))
    command = on_gpus(1, infer(program, "hungry.pt"), SIMULATED_GPU_MIB=SMALL_GPU)
    rows = scored(folder, command, code=1).splitlines()
    for number, row in enumerate(rows):
        check((b'"code":"out_of_memory"' in row) == (number == 70), f"row {number}: {row!r}")
    check(b"Tried to allocate 200.00 MiB" in rows[70] and b"PYTORCH" not in rows[70], repr(rows[70]))


def a_first_row_too_large_for_the_gpu(program: Program, folder: pathlib.Path) -> None:
    (folder / "in.jsonl").write_text('{"x":[200,1]}\n')
    refused(folder, on_gpus(1, infer(program, "hungry.pt"), SIMULATED_GPU_MIB=SMALL_GPU),
            "no memory to score even one of the first records", "a larger device")


def what_fits_best(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 500, 8)
    done = run(on_gpus(1, [str(program.infer), "bench", *infer(program, "exact_sum.pt")[1:]]), folder, timeout=200)
    check(done.code == 0 and b"max-batch-size = " in done.stdout and b"replicas = " in done.stdout, f"{done} {done.stdout!r}")


if __name__ == "__main__":
    sys.exit(run_tests([
        same_rows_as_the_cpu, one_process_with_several_gpus, texts_indices_and_several_outputs, few_shapes_one_wait_and_nothing_pinned_per_batch, a_trace_shows_when_the_gpu_had_work, bad_records_cost_themselves,
        an_index_outside_of_its_table, a_model_compiled_for_the_cpu, too_few_gpus, a_gpu_that_the_launcher_gave, a_check_says_which_rank_has_which_gpu, batches_too_large_for_the_gpu, rows_that_fit_only_alone,
        a_row_too_large_for_the_gpu, a_first_row_too_large_for_the_gpu, what_fits_best,
    ], __doc__))
