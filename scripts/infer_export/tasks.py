"""All that the exporter must know of each task: of a bundle, and of the command line. Other modules ask for traits and
never for a name: another task is a row here, beside its row in lib/record/task.hpp. Without torch, for cli.py."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from .plan import WILDCARD, Shape

ACTIVATIONS = ("softmax", "sigmoid", "none")


@dataclasses.dataclass(frozen=True)
class BundleTask:
    """What infer.json's `task` may be; names and traits are those of lib/record/task.hpp."""

    name: str
    shape: Shape | None = None  # of a record's first output; words stand for sizes that never vary; None: any
    output: str | None = None  # the name of an output that is the only one; None: its own
    activations: tuple[str, ...] = ()  # of classes, which the last dimension then is; none: has no classes
    has_places: bool = False  # rows name places in a record's one text
    is_vector: bool = False  # of which the direction counts
    adds_tokens: bool = False  # rows are sums over a record's tokens

    @property
    def has_classes(self) -> bool:
        return bool(self.activations)

    def takes(self, shape: Sequence[int | str]) -> bool:
        """Whether a record's first output may have this shape."""
        return self.shape is None or (len(shape) == len(self.shape) and all(map(_fits, shape, self.shape)))


def _fits(size: int | str, wanted: int | str) -> bool:
    return size == wanted if wanted == WILDCARD or isinstance(wanted, int) else size != WILDCARD


OUTPUTS = BundleTask("outputs")
CLASSIFICATION = BundleTask("classification", shape=("labels",), output="logits", activations=ACTIVATIONS)
EMBEDDING = BundleTask("embedding", shape=("width",), output="embedding", is_vector=True)
ENTITIES = BundleTask("entities", shape=(WILDCARD, "labels"), output="logits", activations=("softmax",), has_places=True)
LIKELIHOOD = BundleTask("likelihood", shape=(WILDCARD,), output="logprobs", adds_tokens=True)

# In the order of lib/record/task.hpp.
BUNDLE_TASKS = {one.name: one for one in (OUTPUTS, CLASSIFICATION, EMBEDDING, ENTITIES, LIKELIHOOD)}


@dataclasses.dataclass(frozen=True)
class SentenceNames:
    """What the files of a sentence-transformers folder call it."""

    task: str
    result: str


@dataclasses.dataclass(frozen=True)
class ExportTask:
    """What --task may be."""

    name: str
    bundle: BundleTask
    fields: tuple[str, ...] = ("text",)  # a record's texts; none: tensors only
    takes_tensors: bool = False  # --input-spec
    loader: str | None = None  # transformers' class; None: not for --hf
    result: str | None = None  # the field of what such a model returns
    architectures: tuple[str, ...] | None = None  # how the names of those that fit end; None: any
    sentence: SentenceNames | None = None  # None: the files of such a folder are not read
    pools: bool = False  # one vector per record is made of its tokens' vectors, or of its picture's
    takes_prompt: bool = False
    head_on: str | None = None  # with --head: the task whose vectors it is put on
    trusts_tokenizer: bool = False  # texts may be as long as the tokenizer says, where the model has no table of places;
    # sentence-transformers: no longer than the configuration says either
    of_pictures: bool = False  # a record has a picture, which a Hugging Face folder's processor prepares
    joins_pairs: bool = False  # two texts are one, without special tokens between them

    @property
    def has_own_head(self) -> bool:
        """Whether the model itself makes the result, not only its tokens' vectors."""
        return self.loader != "AutoModel"

    @property
    def is_cross_encoder(self) -> bool:
        return self.sentence is not None and not self.pools

    @property
    def is_pair(self) -> bool:
        return len(self.fields) == 2


DECODER: dict[str, Any] = {"loader": "AutoModelForCausalLM", "architectures": ("ForCausalLM", "LMHeadModel")}

_TEXT_CLASSIFICATION = ExportTask(
    "text-classification", CLASSIFICATION, loader="AutoModelForSequenceClassification", result="logits",
    architectures=("ForSequenceClassification",), takes_prompt=True, head_on="embedding", trusts_tokenizer=True)
_EMBEDDING = ExportTask(
    "embedding", EMBEDDING, takes_tensors=True, loader="AutoModel", result="last_hidden_state",
    sentence=SentenceNames("feature-extraction", "token_embeddings"), pools=True, takes_prompt=True)
_TOKEN_CLASSIFICATION = ExportTask(
    "token-classification", ENTITIES, loader="AutoModelForTokenClassification", result="logits",
    architectures=("ForTokenClassification",), trusts_tokenizer=True)
_TEXT_PAIR = ExportTask(
    "text-pair", CLASSIFICATION, fields=("text", "text_pair"), loader="AutoModelForSequenceClassification",
    result="logits", architectures=("ForSequenceClassification",),
    sentence=SentenceNames("sequence-classification", "scores"))
_LIKELIHOOD = ExportTask("likelihood", LIKELIHOOD, result="logprobs", **DECODER)
_LIKELIHOOD_PAIR = dataclasses.replace(_LIKELIHOOD, name="likelihood-pair", fields=("text", "text_pair"), joins_pairs=True)
_IMAGE_CLASSIFICATION = ExportTask(
    "image-classification", CLASSIFICATION, fields=(), loader="AutoModelForImageClassification", result="logits",
    architectures=("ForImageClassification", "ForImageClassificationWithTeacher"), head_on="image-embedding",
    of_pictures=True)
_IMAGE_EMBEDDING = ExportTask("image-embedding", EMBEDDING, fields=(), loader="AutoModel", result="pooler_output",
                              pools=True, of_pictures=True)
_OUTPUTS = ExportTask("outputs", OUTPUTS, takes_tensors=True, loader="AutoModel", result="last_hidden_state")
_CLASSIFICATION = ExportTask("classification", CLASSIFICATION, fields=(), takes_tensors=True)

# In the order of --help.
EXPORT_TASKS = {one.name: one for one in (_TEXT_CLASSIFICATION, _EMBEDDING, _TOKEN_CLASSIFICATION, _TEXT_PAIR, _LIKELIHOOD,
                                          _LIKELIHOOD_PAIR, _IMAGE_CLASSIFICATION, _IMAGE_EMBEDDING, _OUTPUTS,
                                          _CLASSIFICATION)}


def tasks_with(trait: str) -> list[ExportTask]:
    """Of the command line, where the trait is neither false nor none."""
    return [one for one in EXPORT_TASKS.values() if getattr(one, trait)]


def names_with(trait: str) -> str:
    """Of tasks_with(), for messages."""
    return listed(sorted(one.name for one in tasks_with(trait)), "or")


def listed(names: Iterable[str], last: str) -> str:
    """"a, b or c"."""
    *others, end = names
    return f" {last} ".join(filter(None, (", ".join(others), end)))
