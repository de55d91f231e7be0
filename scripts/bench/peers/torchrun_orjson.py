"""The plain Python way: a loop with torch and orjson on every rank, started by torchrun.

    torchrun --nproc-per-node 2 torchrun_orjson.py MODEL INPUT OUTPUT BATCH

Every rank takes every N-th line, parses it with orjson, runs batches of BATCH rows (float32 [BATCH, 64]) and keeps
its scores; rank 0 gathers them over gloo and writes one JSON object per row, in input order.
"""

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import torch
import torch.distributed as dist


def batches(path: str, rank: int, ranks: int, size: int) -> Iterator[list[dict]]:
    """Lists of at most `size` parsed records: lines rank, rank + ranks, ... of the file."""
    with Path(path).open("rb") as lines:
        own = itertools.islice(lines, rank, None, ranks)
        while chunk := list(itertools.islice(own, size)):
            yield [orjson.loads(line) for line in chunk]


def main() -> None:
    """Scores the input; rank 0 writes the output."""
    model_path, input_path, output_path, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    dist.init_process_group("gloo")
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // ranks))
    model = torch.jit.freeze(torch.jit.load(model_path).eval())
    ids: list[int] = []
    scores: list[np.ndarray] = []
    with torch.inference_mode():
        for records in batches(input_path, rank, ranks, batch):
            x = torch.from_numpy(np.array([record["x"] for record in records], dtype=np.float32))
            scores.append(model(x).numpy())
            ids.extend(record["id"] for record in records)
    mine = (ids, np.concatenate(scores) if scores else np.empty((0, 1), np.float32))
    gathered: list = [None] * ranks
    dist.gather_object(mine, gathered if rank == 0 else None)
    if rank == 0:
        with Path(output_path).open("wb") as out:
            rows = itertools.zip_longest(*[zip(ids, values.tolist(), strict=True) for ids, values in gathered])
            for row in itertools.chain.from_iterable(rows):
                if row is not None:
                    out.write(orjson.dumps({"id": row[0], "outputs": {"output0": row[1]}}) + b"\n")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
