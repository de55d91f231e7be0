"""sentence-transformers, as it comes and as its users make it fast. It sorts by length itself."""

from typing import Any

import torch

from check_setup import LONGEST, Setup
from peers import Encode

AS_IT_COMES = 32  # texts a batch


def load(setup: Setup, shape: str, dtype: str, batch: int) -> tuple[Encode, torch.nn.Module]:
    """Texts to vectors of length 1; and the module that does it."""
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(setup.folder(shape)), device=setup.device, model_kwargs={"dtype": getattr(torch, dtype)})
    model.max_seq_length = LONGEST

    def encode(texts: list[str]) -> Any:
        return model.encode(texts, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)

    return encode, model[0].auto_model
