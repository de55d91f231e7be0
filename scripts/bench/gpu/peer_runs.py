"""A stage: the peers with a model: sentence-transformers as it comes (float32, 32 texts a batch), then it and transformers at their
best: half precision, larger batches, cuDNN's attention put last; at the end, since compilers may fail, both by torch.compile.
peer_runs.py SETUP NAME SHAPE
"""

import time

START = time.perf_counter()

import importlib
from collections.abc import Callable
from typing import Any

import peer_sentence_transformers
import peer_transformers
from bound import NO_COMPILER
from check_setup import Setup
from peers import Encode, compile_forward, encode_for, put_cudnn_last
from stage import Findings, lacking, need_files, need_packages, run_stage


class Peer:
    """A library: its name in the tables, and its vectors' name. What it lacks makes its rows "skipped"."""

    def __init__(self, package: str, vectors: str) -> None:
        self.name = package.replace("_", "-")
        self.vectors = vectors
        self.lacks = lacking(package)
        if not self.lacks:
            importlib.import_module(package)
        self.imports_s = time.perf_counter() - START
        self.loaded: tuple[Encode, Any] | None = None
        self.startup_s = 0.0

    def load(self, load: Callable[[], tuple[Encode, Any]]) -> None:
        start = time.perf_counter()
        self.loaded = load()
        self.startup_s = self.imports_s + time.perf_counter() - start


class Runs:
    """On one pair of model and texts."""

    def __init__(self, setup: Setup, findings: Findings, shape: str) -> None:
        self.setup, self.findings, self.shape = setup, findings, shape
        self.name = next(name for its, name in setup.sizes.pairs if its == shape)
        need_files(setup.folder(shape) / "modules.json", setup.texts(self.name))

    def run(self, peer: Peer, how: str, vectors: str, load: Callable[[], tuple[Encode, Any]]) -> None:
        """As loaded by `load`."""
        def measure() -> dict[str, Any]:
            peer.load(load)
            return self._pace(peer, vectors)
        self._attempt(peer, how, vectors, peer.lacks, measure)

    def run_compiled(self, peer: Peer, how: str) -> None:
        """What was loaded last, in place."""
        def measure() -> dict[str, Any]:
            compile_forward(peer.loaded[1])
            return self._pace(peer, vectors, compiled=True)
        vectors = peer.vectors + "_compiled"
        why_not = peer.lacks or (NO_COMPILER if self.setup.simulated else "") or ("" if peer.loaded else "it could not be loaded")
        self._attempt(peer, how + " compiled", vectors, why_not, measure)

    def _pace(self, peer: Peer, vectors: str, compiled: bool = False) -> dict[str, Any]:
        return encode_for(self.setup, peer.loaded[0], vectors, self.shape, self.name, peer.startup_s, compiled)

    def _attempt(self, peer: Peer, how: str, vectors: str, why_not: str, measure: Callable[[], dict[str, Any]]) -> None:
        row = {"who": f"{peer.name} {how}", "vectors": vectors, "shape": self.shape, "set": self.name}
        if why_not:
            self.findings.add(**row, skipped=why_not)
        else:
            self.findings.attempt(measure, **row)


def peer_runs(setup: Setup, findings: Findings, arguments: list[str]) -> None:
    need_packages("transformers", "tokenizers", "numpy")
    shape, dtype, batch = arguments[0], setup.sizes.dtype, setup.sizes.peer_batch
    runs = Runs(setup, findings, shape)
    transformers, sentences = Peer("transformers", "transformers"), Peer("sentence_transformers", "st_best")
    usual = peer_sentence_transformers.AS_IT_COMES
    runs.run(sentences, f"as it comes (float32, {usual})", "st", lambda: peer_sentence_transformers.load(setup, shape, "float32", usual))
    put_cudnn_last()
    runs.run(sentences, f"{dtype}, {batch}", "st_best", lambda: peer_sentence_transformers.load(setup, shape, dtype, batch))
    runs.run(transformers, dtype, "transformers", lambda: peer_transformers.load(setup, shape, dtype))
    runs.run_compiled(sentences, f"{dtype}, {batch}")
    runs.run_compiled(transformers, dtype)


if __name__ == "__main__":
    run_stage(peer_runs)
