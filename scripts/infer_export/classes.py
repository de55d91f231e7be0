"""Labels, and what turns logits into scores."""

from typing import Any

from .errors import UsageError
from .options import Options
from .plan import Classes
from .quiet import say
from .tasks import ExportTask, listed

DEFAULT_THRESHOLD = 0.5


def labels_of(config: Any, count: int) -> tuple[str, ...]:
    """id2label in the order of the ids, which may be strings or numbers."""
    names = {int(number): str(label) for number, label in (getattr(config, "id2label", None) or {}).items()}
    return tuple(names.get(number, f"LABEL_{number}") for number in range(count))


def stated_activation(config: Any) -> str | None:
    """What sentence-transformers' CrossEncoder finds in a config: sigmoid, none (Identity), or None for nothing."""
    newer = getattr(config, "sentence_transformers", None) or {}
    stated = newer.get("activation_fn") or getattr(config, "sbert_ce_default_activation_function", None)
    if stated is None:
        return None
    name = str(stated).rsplit(".", 1)[-1]
    known = {"Sigmoid": "sigmoid", "Identity": "none", "Softmax": "softmax"}
    if name not in known:
        raise UsageError(f"the model's config asks for the activation {stated}, which infer does not have: "
                         "give --activation softmax|sigmoid|none")
    return known[name]


def choose_activation(task: ExportTask, config: Any, count: int) -> str:
    """As a user of transformers, or of sentence-transformers' CrossEncoder for pairs, would see the scores."""
    problem = getattr(config, "problem_type", None)
    if len(task.bundle.activations) == 1:
        return task.bundle.activations[0]
    if problem == "multi_label_classification":
        return "sigmoid"
    if task.is_cross_encoder:
        stated = stated_activation(config)
        if count == 1:
            return stated or "sigmoid"
        return "sigmoid" if stated == "sigmoid" else "softmax"
    if count == 1:
        return "none" if problem == "regression" or config is None else "sigmoid"
    return "none" if problem == "regression" else "softmax"


def _say_of_one_label(options: Options, config: Any, activation: str) -> None:
    """transformers' own pipeline and its users' code disagree on what such a number is."""
    stated = getattr(config, "problem_type", None) or stated_activation(config)
    if config is None or options.activation or stated:
        return
    other = {"sigmoid": "--activation none writes it as it is", "none": "--activation sigmoid makes a score of it"}[activation]
    say(f"note: the model gives one number, and its configuration does not say of which kind: {activation} is applied, as "
        f"transformers' pipeline and sentence-transformers' CrossEncoder do; {other}")


def make_classes(options: Options, config: Any, count: int) -> Classes:
    """`count` is the last dimension of the logits. Flags win over the config. Throws UsageError."""
    labels = options.labels or options.answer_tokens or labels_of(config, count)
    if len(labels) != count:
        raise UsageError(f"--labels names {len(labels)} labels, but the model has {count}: give one for each")
    activation = options.activation or choose_activation(options.task, config, count)
    allowed = options.task.bundle.activations
    if count == 1 and len(allowed) > 1:
        _say_of_one_label(options, config, activation)
    if activation not in allowed:
        raise UsageError(f"--activation {activation}: {options.task.name} has {listed(allowed, 'or')} only")
    several = activation == "sigmoid" and count > 1
    if options.threshold is not None and not several:
        raise UsageError("--threshold is for sigmoid with several labels; "
                         f"this model has {activation} with {count} label{'s' if count > 1 else ''}")
    return Classes(labels, activation, (options.threshold or DEFAULT_THRESHOLD) if several else None)
