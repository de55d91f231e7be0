"""Makes the Plan: what goes into infer.json, and the module that is exported."""

import collections
import dataclasses
import datetime
import functools
import hashlib
import pathlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from . import tokens
from .bodies import differs_with_padding, pad_on_the_left
from .classes import make_classes
from .errors import UsageError
from .examples import make_batch
from .factory import load_module, load_text_source, parse_inputs, reload_module
from .hugging_face import load_source
from .image_source import ImageSource, load_image_source
from .index_ranges import with_index_ranges
from .lengths import NO_LIMIT, choose_max_length, has_positions, position_limit, runs_at
from .modules import TensorModel, TextModel, tensor_model, text_model
from .options import Options
from .packed import PackedTextModel, choose_packed, packed_inputs
from .plan import WILDCARD, ModelInput, ModelOutput, Plan, TextSpec
from .probe import probe, probe_lengths, run
from .steadiness import check_steady
from .tasks import BUNDLE_TASKS, ExportTask, listed, tasks_with
from .text_source import TextSource

PADDED_SIZE = (2, 12)  # batch, length: to see whether padding changes a result


@dataclasses.dataclass
class Subject:
    """Everything that is exported. The model is in float32, or taken for that (stored.py), on the CPU and in eval mode."""

    model: TextModel | TensorModel  # or ImageModel, which is one
    plan: Plan
    tokenizer: str | None  # tokenizer.json
    max_length: int | None  # of every variable dimension; None: no bound
    packed: PackedTextModel | None = None  # to be exported in place of the model
    changed: list[str] = dataclasses.field(default_factory=list)  # attributes of the model that a call changes
    fresh: Callable[[], TextModel | TensorModel] | None = None  # the model loaded anew, which a model that changes needs

    def document(self) -> dict[str, Any]:
        """infer.json."""
        inputs = packed_inputs(self.plan.inputs) if self.packed else self.plan.inputs
        return dataclasses.replace(self.plan, inputs=inputs).document()


def make_subject(options: Options) -> Subject:
    """Loads and decides. Throws UsageError."""
    if options.of_pictures:
        return _image_subject(options, load_image_source(options))
    if options.factory and not options.tokenizer:
        return _tensor_subject(options)
    return _text_subject(options, load_source(options) if options.hf else load_text_source(options))


def _text_subject(options: Options, source: TextSource) -> Subject:
    pair = options.task.is_pair
    if options.task.joins_pairs:
        tokens.join_pairs(source.tokenizer)
    elif options.template is not None:
        tokens.put_into(source.tokenizer, options.template)
    length = _max_length(options, source)
    _check_room(length, tokens.special_tokens(source.tokenizer, pair))
    side = options.truncation_side or source.tokenizer.truncation_side
    document = tokens.tokenizer_json(source.tokenizer)
    highest_type = tokens.check_same_tokens(source.tokenizer, document, length, side, pair)
    inputs = _token_inputs(source, highest_type, tokens.ends_of_text(source.tokenizer, pair))
    make = functools.partial(text_model, head=source.head, output=source.output, types=len(inputs) == 3)
    text = TextSpec(options.task.fields, length, side, source.prompt)
    subject = Subject(make(source.body).eval(), Plan("", inputs, (), text), document, length)
    _find_out(subject, lambda: make(source.reload()).eval(), None if options.task.bundle.output else source.output)
    _choose_padding(subject, source)
    source.body = subject.model.body
    _finish(options, subject, source)
    subject.packed = choose_packed(options, source, subject)
    return subject


def _choose_padding(subject: Subject, source: TextSource) -> None:
    """On the left within the model, where that and not padding on the right gives a text what it gives alone."""
    plan, made = subject.plan, subject.model
    if source.config is None or subject.changed or any(WILDCARD in one.shape for one in plan.outputs) or \
            (subject.max_length or PADDED_SIZE[1]) < PADDED_SIZE[1]:
        return
    batch = make_batch(plan.inputs, PADDED_SIZE)
    row = PADDED_SIZE[0] - 1
    differs = functools.partial(differs_with_padding, made, batch.tensors, batch.row(plan.inputs, row), row)
    if differs():
        own = made.body.__dict__.get("forward")
        pad_on_the_left(made)
        if differs():
            del made.body.forward
            if own is not None:
                made.body.forward = own


def _find_out(subject: Subject, fresh: Callable[[], TextModel | TensorModel], name: str | None) -> None:
    """Outputs, and whether a call changes the model: then what was tried is left behind, and `fresh` makes it anew."""
    model, inputs = subject.model, subject.plan.inputs
    longest = probe_lengths(subject.max_length)[0]
    subject.changed = check_steady(model.body, lambda: run(model, inputs, longest))
    subject.plan = dataclasses.replace(subject.plan, outputs=probe(model, inputs, subject.max_length, name))
    if subject.changed:
        subject.fresh = fresh
        subject.model = fresh()


def _max_length(options: Options, source: TextSource) -> int:
    limit = position_limit(source.body, source.config)
    if source.exact_length and not has_positions(source.body):
        return choose_max_length(options.max_length, None, source.max_length)
    stated = source.max_length or source.tokenizer.model_max_length
    longer = options.max_length or (stated if options.task.trusts_tokenizer else 0)
    if limit is not None and limit < longer < NO_LIMIT and not has_positions(source.body) and runs_at(source.body, longer):
        limit = None
    return choose_max_length(options.max_length, limit, stated)


def _check_room(length: int, special: int) -> None:
    if length <= special:
        raise UsageError(f"--max-length {length} leaves no room for text: {special} tokens are special ones")


def _token_inputs(source: TextSource, highest_type: int, ends: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[ModelInput, ...]:
    """Throws UsageError when the tokenizer gives ids that the model has no rows for."""
    highest = tokens.highest_id(source.tokenizer)
    rows = source.embedding_rows() or highest + 1
    if highest >= rows:
        raise UsageError(f"the tokenizer's ids go up to {highest}, but the model has {rows} embeddings: this is the "
                         "tokenizer of another model, or the model was not resized after tokens were added")
    pad = next((one for one in (source.tokenizer.pad_token_id, getattr(source.config, "pad_token_id", None))
                if one is not None), 0)
    inputs = [ModelInput("input_ids", "int64", (WILDCARD,), "token_ids", (0, rows - 1), pad, ends),
              ModelInput("attention_mask", "int64", (WILDCARD,), "token_mask", None, 0)]
    if source.takes_types() and source.type_rows() != 0:
        inputs += _token_types(source.type_rows(), highest_type)
    return tuple(inputs)


def _token_types(types: int | None, highest: int) -> list[ModelInput]:
    """None where the model has one type only. Throws UsageError when the tokenizer gives types that it does not know."""
    if types is not None and highest >= types:
        raise UsageError(f"the tokenizer gives token types up to {highest}, the model knows {types}")
    if types == 1:
        return []
    return [ModelInput("token_type_ids", "int64", (WILDCARD,), "token_types", None if types is None else (0, types - 1), 0)]


def _image_subject(options: Options, source: ImageSource) -> Subject:
    plan = Plan("", (source.input,), (), image=source.spec)
    subject = Subject(source.model(source.body).eval(), plan, None, 1)
    _find_out(subject, lambda: source.model(source.reload()).eval(), None)
    if source.labels is not None:
        activation = options.activation or source.activation
        options = dataclasses.replace(options, labels=source.labels, activation=activation)
    return _finish(options, subject, source)


def _tensor_subject(options: Options) -> Subject:
    if not options.input_spec:
        raise UsageError("--factory needs --tokenizer for a model of text, or an --input-spec for each input")
    if not options.task.takes_tensors:
        with_tensors = {one.bundle.name for one in tasks_with("takes_tensors")}
        raise UsageError(f"--task {options.task.name} needs text, so --tokenizer; with --input-spec there are "
                         f"{listed((name for name in BUNDLE_TASKS if name in with_tensors), 'and')}")
    if options.truncation_side or options.pooling or options.normalize is not None:
        raise UsageError("--truncation-side, --pooling and --normalize are for models of text")
    inputs = parse_inputs(options.input_spec, options.pad)
    variable = any(WILDCARD in one.shape for one in inputs)
    names = [one.name for one in inputs]
    model = tensor_model(load_module(options.factory), names).eval()
    length = options.max_length if variable else 1
    subject = Subject(model, Plan("", inputs, ()), None, length)
    _find_out(subject, lambda: tensor_model(reload_module(options.factory, model.body), names).eval(), None)
    inputs = with_index_ranges(model.body, inputs, make_batch(inputs, (2, probe_lengths(length)[0])).tensors)
    subject.plan = dataclasses.replace(subject.plan, inputs=inputs)
    return _finish(options, subject, None)


def _finish(options: Options, subject: Subject, source: TextSource | ImageSource | None) -> Subject:
    """Task, classes and origin, and whether they fit the outputs."""
    plan, task = subject.plan, options.task.bundle
    outputs = list(plan.outputs)
    if len(outputs) == 1 and task.output:
        outputs = [dataclasses.replace(outputs[0], name=task.output)]
    _check_shape(options.task, outputs[0])
    classes = make_classes(options, source and source.config, outputs[0].shape[-1]) if task.has_classes else None
    subject.plan = dataclasses.replace(plan, task=task.name, outputs=tuple(outputs), classes=classes,
                                       max_batch=options.max_batch, origin=_origin(options, subject, source))
    return subject


def _check_shape(task: ExportTask, output: ModelOutput) -> None:
    if task.bundle.takes(output.shape):
        return
    wanted = ("length" if size == WILDCARD else size for size in task.bundle.shape or ())
    form, shape = (", ".join(str(size) for size in ("batch", *sizes)) for sizes in (wanted, output.shape))
    raise UsageError(f"--task {task.name} needs a model that returns [{form}] first; this one returns [{shape}]")


def _precision(asked: str, body: nn.Module) -> str:
    """The type of the computation: a module that is computed as it is has one of its own."""
    sizes = collections.Counter[torch.dtype]()
    for parameter in body.parameters():
        if parameter.is_floating_point():
            sizes[parameter.dtype] += parameter.numel()
    return str(sizes.most_common(1)[0][0]).removeprefix("torch.") if asked == "float32" and sizes else asked


def _origin(options: Options, subject: Subject, source: TextSource | ImageSource | None) -> dict[str, Any]:
    body: nn.Module = subject.model.body
    folder = pathlib.Path(options.hf).expanduser() if options.hf else None
    name = folder.resolve().name if folder and folder.is_dir() else options.hf or options.factory
    origin = {"model": name, "architecture": getattr(body, "architecture", type(body).__name__), "dtype": _precision(options.dtype, body), "device": options.device,
              "torch": torch.__version__}
    if options.quantize:
        origin["quantize"] = options.quantize
    if source:
        import transformers
        origin |= {"transformers": transformers.__version__, **source.origin}
    origin["weights_sha256"] = weights_digest(subject.model)
    if subject.tokenizer:
        origin["tokenizer_sha256"] = hashlib.sha256(subject.tokenizer.encode()).hexdigest()
    now = datetime.datetime.now(datetime.UTC)
    return origin | {"created": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def weights_digest(model: nn.Module) -> str:
    """SHA-256 over name, dtype, shape and bytes of every tensor of the state, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
