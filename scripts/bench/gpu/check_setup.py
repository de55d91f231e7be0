"""What a check of the GPU path is made of: machine, program, models, sets of texts, sizes. One JSON file that every stage reads."""

import dataclasses
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 512  # tokens per text that the models take, special ones included
TABLE = 100  # rows that embed_sum.pt looks up
SIMULATED_GPUS = 2


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of a BERT encoder: layers, width, attention heads, width of the feed-forward net, vocabulary."""

    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is done: `sets` of text_sets.SETS with their tokens, `pairs` of shape and set, the important ones first."""

    shapes: dict[str, Shape]  # of one vocabulary
    sets: dict[str, int]
    pairs: tuple[tuple[str, str], ...]
    more_pairs: tuple[tuple[str, str], ...]
    bound_tokens: int  # of a set, for the bound
    budgets: tuple[int, ...]  # tokens of a batch, for the bound
    peer_batch: int  # texts, for sentence-transformers at its best
    peer_slice: int  # texts that a peer gets first, to warm up
    peer_s: float  # for which a peer goes on
    left_mib: int  # device memory that is left for the run that must get on with too little
    dtype: str  # of bundles, of the bound and of the peers at their best


REAL = Sizes(
    shapes={"minilm": Shape(6, 384, 12, 1536, 30522), "bert_base": Shape(12, 768, 12, 3072, 30522)},
    sets={"lognormal60": 8_000_000, "fixed128": 8_000_000, "squad177": 5_000_000, "fixed512": 5_000_000},
    pairs=(("minilm", "lognormal60"), ("bert_base", "squad177"), ("minilm", "fixed128"), ("bert_base", "fixed512")),
    more_pairs=(("minilm", "squad177"), ("bert_base", "lognormal60"), ("minilm", "fixed512"), ("bert_base", "fixed128")),
    bound_tokens=400_000, budgets=(16384, 65536), peer_batch=256, peer_slice=1024, peer_s=6,
    left_mib=2500, dtype="float16")

SIMULATED = Sizes(
    shapes={"tiny": Shape(2, 32, 2, 128, 2000)}, sets={"lognormal60": 12_000, "fixed128": 6_000},
    pairs=(("tiny", "lognormal60"),), more_pairs=(("tiny", "fixed128"),),
    bound_tokens=4_000, budgets=(1024,), peer_batch=16, peer_slice=16, peer_s=0.1, left_mib=48,
    dtype="float32")


@dataclasses.dataclass(frozen=True)
class Setup:
    """Where things are. `gpus` is how many there are; `simulated` ones infer alone sees."""

    scratch: Path
    infer: Path
    python: Path
    gpus: int
    simulated: bool
    sizes: Sizes

    @property
    def device(self) -> str:
        """Of the Python programs."""
        return "cpu" if self.simulated else "cuda"

    def folder(self, shape: str) -> Path:
        """The model as transformers and sentence-transformers load it."""
        return self.scratch / "models" / shape

    @property
    def tokenizer(self) -> Path:
        """Of all shapes."""
        return self.folder(next(iter(self.sizes.shapes))) / "tokenizer.json"

    def bundle(self, shape: str, kind: str) -> Path:
        return self.scratch / f"{shape}.{kind}"

    def texts(self, name: str) -> Path:
        return self.scratch / f"{name}.jsonl"

    def vectors(self, who: str, shape: str, name: str) -> Path:
        """What `who` made of a set: float32 [texts or fewer, width], in input order."""
        return self.scratch / "vectors" / f"{who}_{shape}_{name}.npy"

    def findings(self, stage: str) -> Path:
        return self.scratch / "findings" / f"{stage}.json"

    def log(self, stage: str) -> Path:
        return self.scratch / "logs" / f"{stage}.txt"

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self), default=str, indent=1) + "\n")


def load_setup(path: Path) -> Setup:
    """What save() wrote."""
    values: dict[str, Any] = json.loads(path.read_text())
    sizes = values.pop("sizes")
    shapes = {name: Shape(**shape) for name, shape in sizes.pop("shapes").items()}
    lists = {name: tuple(tuple(one) if isinstance(one, list) else one for one in value)
             for name, value in sizes.items() if isinstance(value, list)}
    paths = {name: Path(values[name]) for name in ("scratch", "infer", "python")}
    return Setup(**values | paths, sizes=Sizes(shapes=shapes, **sizes | lists))
