"""A stage: sentence-transformers as it comes (float32, 32 texts a batch), and at its best: half precision, a larger batch, cuDNN's
attention put last, the model compiled. It sorts by length itself. peer_sentence_transformers.py SETUP NAME SHAPE
"""

import time

START = time.perf_counter()

from typing import Any  # noqa: E402

import torch  # noqa: E402

from bound import NO_COMPILER  # noqa: E402
from check_setup import LONGEST, Setup  # noqa: E402
from peers import compile_forward, encode_for, put_cudnn_last  # noqa: E402
from stage import Findings, need_files, need_packages, run_stage  # noqa: E402

AS_IT_COMES = 32  # texts a batch


def load(setup: Setup, shape: str, dtype: torch.dtype) -> tuple[Any, float]:
    """The model and the seconds that it took."""
    from sentence_transformers import SentenceTransformer
    start = time.perf_counter()
    model = SentenceTransformer(str(setup.folder(shape)), device=setup.device, model_kwargs={"dtype": dtype})
    model.max_seq_length = LONGEST
    return model, time.perf_counter() - start


def measure(setup: Setup, model: Any, batch: int, vectors: str, shape: str, name: str, startup_s: float,
            compiled: bool = False) -> dict[str, Any]:
    def encode(texts: list[str]) -> Any:
        return model.encode(texts, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
    return encode_for(setup, encode, vectors, shape, name, startup_s, compiled)


def run(setup: Setup, findings: Findings, arguments: list[str]) -> None:
    need_packages("sentence_transformers", "transformers", "numpy")
    shape, batch = arguments[0], setup.sizes.peer_batch
    name = next(name for its, name in setup.sizes.pairs if its == shape)
    need_files(setup.folder(shape) / "modules.json", setup.texts(name))
    import sentence_transformers  # noqa: F401
    imports_s = time.perf_counter() - START
    pair = {"shape": shape, "set": name}
    model, load_s = load(setup, shape, torch.float32)
    findings.attempt(lambda: measure(setup, model, AS_IT_COMES, "st", shape, name, imports_s + load_s),
                     who=f"sentence-transformers as it comes (float32, {AS_IT_COMES})", vectors="st", **pair)
    put_cudnn_last()
    model, load_s = load(setup, shape, getattr(torch, setup.sizes.dtype))
    who = f"sentence-transformers {setup.sizes.dtype}"
    findings.attempt(lambda: measure(setup, model, batch, "st_best", shape, name, imports_s + load_s),
                     who=f"{who}, {batch}", vectors="st_best", **pair)
    who += f" compiled, {batch}"
    if setup.simulated:
        return findings.add(who=who, **pair, skipped=NO_COMPILER)
    compile_forward(model[0].auto_model)
    findings.attempt(lambda: measure(setup, model, batch, "st_compiled", shape, name, imports_s + load_s, compiled=True),
                     who=who, vectors="st_compiled", **pair)


if __name__ == "__main__":
    run_stage(run)
