"""Ranks that do next to nothing but talk: what a chunk, a round and a row cost by number of ranks."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from process_meter import MPIRUN
from scaling_jobs import Job, Run, in_turn, spread

RANKS = (2, 4, 8, 16, 32, 64)
ROWS, MORE_ROWS = 400_000, 2_400_000
ROW = '{"id":%8d,"x":[1,2,3,4]}\n'  # all of one length, so that bytes tell rows
FEW_CHUNKS_PER_RANK = 32
MORE_CHUNKS_PER_RANK = 5000
LEAST_CHUNK_ROWS = 10
DEFAULT_CHUNK_ROWS = 1024


def _make_adder(path: Path) -> None:
    """TorchScript of x: float32 [rows, 4] → its sums, [rows]."""

    class Adder(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(1)

    torch.jit.trace(Adder().eval(), torch.zeros(2, 4)).save(str(path))


def _job(program: Path, scratch: Path, rows: int) -> Job:
    model, data = scratch / "adder.pt", scratch / f"tiny{rows}.jsonl"
    _make_adder(model)
    data.write_text("".join(ROW % number for number in range(rows)))
    return Job(program, model, data, rows, scratch)


def _run(job: Job, ranks: int, chunks: int) -> Run:
    """In `chunks` chunks, or a few less: all but the last have the same number of rows."""
    chunk_bytes = -(-job.rows // chunks) * len(ROW % 0)
    return job.run([*MPIRUN, "-np", str(ranks)], flags=("--chunk-bytes", str(chunk_bytes)))


def _costs(ranks: int, few: Job, many: Job, runs: int, warm_ups: int) -> dict:
    """Seconds and processor seconds per chunk and row, from three jobs: the same rows in few and in more chunks, and more
    rows in as few chunks. What a job costs at its start and end is in none."""
    few_chunks, more_chunks = FEW_CHUNKS_PER_RANK * ranks, min(MORE_CHUNKS_PER_RANK * ranks, few.rows // LEAST_CHUNK_ROWS)
    measured = in_turn({
        f"{ranks} ranks": lambda: _run(few, ranks, few_chunks),
        f"{ranks} ranks, more chunks": lambda: _run(few, ranks, more_chunks),
        f"{ranks} ranks, more rows": lambda: _run(many, ranks, few_chunks),
    }, runs, warm_ups)
    base, more_chunks_runs, more_rows_runs = measured.values()

    def per(count: str, some: list[Run], seconds: str) -> dict[str, float]:
        return spread([(getattr(more, seconds) - getattr(less, seconds)) / (getattr(more, count) - getattr(less, count))
                       for more, less in zip(some, base, strict=True)])

    chunk, chunk_cpu = (per("chunks", more_chunks_runs, seconds) for seconds in ("run_s", "run_cpu_s"))
    row, row_cpu = (per("rows", more_rows_runs, seconds) for seconds in ("run_s", "run_cpu_s"))
    return {"chunks": more_chunks_runs[0].chunks, "chunk_s": chunk, "chunk_cpu_s": chunk_cpu, "row_s": row, "row_cpu_s": row_cpu,
            "round_s": per("gathers", more_chunks_runs, "run_s"), "chunks_per_round": more_chunks_runs[0].chunks / more_chunks_runs[0].gathers,
            "busy_cores": chunk_cpu["median"] / chunk["median"],
            "share_of_default_chunk": chunk_cpu["median"] / (chunk_cpu["median"] + DEFAULT_CHUNK_ROWS * row_cpu["median"]),
            "runs": {name: [asdict(run) for run in some] for name, some in measured.items()}}


def rounds(program: Path, scratch: Path, ranks: Sequence[int], divide_by: int, runs: int, warm_ups: int) -> dict:
    """By number of ranks. `divide_by` makes all jobs smaller."""
    few, many = (_job(program, scratch, rows // divide_by) for rows in (ROWS, MORE_ROWS))
    return {str(each): _costs(each, few, many, runs, warm_ups) for each in ranks}
