"""The usual script: transformers on every rank, texts dealt in turn, all_gather at the end, started by torchrun.

    torchrun --nproc-per-node 2 torchrun_transformers.py MODEL INPUT OUTPUT DTYPE
"""

import os
import sys

import numpy as np
import torch
import torch.distributed as dist
from records import read_records, sorted_batches, write_rows
from transformers import AutoModel, AutoTokenizer

MAX_LENGTH = 512
BATCH = 32


def embed(model: torch.nn.Module, tokenizer: object, texts: list[str]) -> np.ndarray:
    """float32 [n, width], in the order of `texts`."""
    results = np.empty((len(texts), model.config.hidden_size), np.float32)
    for rows in sorted_batches(texts, BATCH):
        batch = tokenizer([texts[row] for row in rows], padding=True, truncation=True, max_length=MAX_LENGTH, return_tensors="pt")
        hidden = model(**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1).float()
        results[rows] = torch.nn.functional.normalize((hidden * mask).sum(1)).numpy()
    return results


def main() -> None:
    model_path, input_path, output_path, dtype = sys.argv[1:]
    dist.init_process_group("gloo")
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // ranks))
    ids, texts = read_records(input_path)
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModel.from_pretrained(model_path, torch_dtype=getattr(torch, dtype)).eval()
    with torch.inference_mode():
        mine = embed(model, tokenizer, texts[rank::ranks])
    gathered: list = [None] * ranks
    dist.gather_object(mine, gathered if rank == 0 else None)
    if rank == 0:
        everything = np.empty((len(texts), mine.shape[1]), np.float32)
        for each, rows in enumerate(gathered):
            everything[each::ranks] = rows
        write_rows(output_path, ids, everything)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
