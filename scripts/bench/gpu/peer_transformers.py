"""A stage: transformers in a loop that its users would write: half precision, sorted by length, batches by tokens, cuDNN's attention
put last, as it is and by torch.compile. peer_transformers.py SETUP NAME SHAPE
"""

import time

START = time.perf_counter()

from typing import Any  # noqa: E402

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from batches import cut, padded_batch  # noqa: E402
from bound import NO_COMPILER  # noqa: E402
from check_setup import Setup  # noqa: E402
from peers import Encode, compile_forward, encode_for, put_cudnn_last  # noqa: E402
from stage import Findings, need_files, need_packages, run_stage  # noqa: E402


def encoder(setup: Setup, model: Any, tokenizer: Any) -> Encode:
    """Mean pooling in float32, vectors of length 1; the results come to the host at the end of a slice."""
    def encode(texts: list[str]) -> Any:
        ids = tokenizer(texts, truncation=True, return_attention_mask=False, return_token_type_ids=False)["input_ids"]
        rows = torch.zeros(len(texts), model.config.hidden_size, device=setup.device)
        for chosen in cut([len(one) for one in ids], setup.sizes.budgets[0], padded=True):
            tokens, mask = padded_batch(chosen, ids, setup.device).inputs
            hidden = model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state.float()
            weights = mask.unsqueeze(-1).float()
            rows[torch.tensor(chosen, device=setup.device)] = F.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)
        return rows.cpu().numpy()
    return encode


@torch.no_grad()
def run(setup: Setup, findings: Findings, arguments: list[str]) -> None:
    need_packages("transformers", "numpy")
    shape = arguments[0]
    name = next(name for its, name in setup.sizes.pairs if its == shape)
    need_files(setup.folder(shape) / "model.safetensors", setup.texts(name))
    from transformers import AutoModel, AutoTokenizer
    put_cudnn_last()
    tokenizer = AutoTokenizer.from_pretrained(setup.folder(shape))
    model = AutoModel.from_pretrained(setup.folder(shape), dtype=getattr(torch, setup.sizes.dtype)).to(setup.device).eval()
    startup_s = time.perf_counter() - START
    encode = encoder(setup, model, tokenizer)
    findings.attempt(lambda: encode_for(setup, encode, "transformers", shape, name, startup_s),
                     who=f"transformers {setup.sizes.dtype}", vectors="transformers", shape=shape, set=name)
    who = f"transformers {setup.sizes.dtype} compiled"
    if setup.simulated:
        return findings.add(who=who, shape=shape, set=name, skipped=NO_COMPILER)
    compile_forward(model)
    findings.attempt(lambda: encode_for(setup, encode, "transformers_compiled", shape, name, startup_s, compiled=True),
                     who=who, vectors="transformers_compiled", shape=shape, set=name)


if __name__ == "__main__":
    run_stage(run)
