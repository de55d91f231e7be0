"""transformers in a loop that its users would write: sorted by length, batches by tokens."""

from typing import Any

import torch
import torch.nn.functional as F

from batches import cut, padded_batch
from check_setup import Setup
from peers import Encode


def load(setup: Setup, shape: str, dtype: str) -> tuple[Encode, torch.nn.Module]:
    """Texts to vectors of length 1, by mean pooling in float32; and the module that does it. The results of a call come to the
    host at its end.
    """
    from transformers import AutoModel, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(setup.folder(shape))
    model = AutoModel.from_pretrained(setup.folder(shape), dtype=getattr(torch, dtype)).to(setup.device).eval()

    @torch.no_grad()
    def encode(texts: list[str]) -> Any:
        ids = tokenizer(texts, truncation=True, return_attention_mask=False, return_token_type_ids=False)["input_ids"]
        rows = torch.zeros(len(texts), model.config.hidden_size, device=setup.device)
        for chosen in cut([len(one) for one in ids], setup.sizes.budgets[0], padded=True):
            tokens, mask = padded_batch(chosen, ids, setup.device).inputs
            hidden = model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state.float()
            weights = mask.unsqueeze(-1).float()
            rows[torch.tensor(chosen, device=setup.device)] = F.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)
        return rows.cpu().numpy()

    return encode, model
