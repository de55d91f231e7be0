"""The export from beginning to end: load, decide, write to a temporary folder, check, rename."""

import contextlib
import gc
import json
import pathlib
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from . import tensorrt
from .bundle_plan import Subject, make_subject
from .errors import ExportError, UsageError
from .examples import TRACE_SIZE, check_sizes, make_batch, shortest
from .formats import Compile, add_members, dynamic_shapes, inductor_options, packed_shapes, write_package, write_torchscript
from .loading import Loaded, PackageProcess, load_torchscript, package_process, preload
from .memory import PeakMemory, peak_memory
from .modules import lower_precision
from .options import Options
from .packed import pack
from .parity import Parity, tolerance
from .quantize import quantize
from .quiet import say, silence
from .schema import validate
from .stages import Stages, Wish
from .steadiness import name_some
from .stored import as_float32, stored_half
from .tasks import BUNDLE_TASKS
from .tracing import for_any_length, odd
from .weights import are_outside, check_place, weights_file, write_weights

REMEDIES = {"pt": "; a trace keeps what depends on a batch's size as it was for its example: --format pt2 may do better, or "
            "a module without such steps, by --factory", "pt2": ""}
FEW = 3  # pictures in a trace: nothing is tuned by its size, and large models take long for 16
COMPILE_TIME = {"cpu": "about half a minute", "cuda": "about 90 s"}


def export(options: Options) -> None:
    """Writes options.out, or raises UsageError or ExportError and leaves nothing behind, but for a package that crashes."""
    silence()
    with peak_memory() as memory:
        document, summaries = _export(options)
    _say_what_next(options, document, memory, summaries)


def _export(options: Options) -> tuple[dict[str, Any], Sequence[str]]:
    """Returns infer.json, and what there is to say of stages."""
    torch.manual_seed(0)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; run this on a machine with one")
    preload(options.preload_lib)
    tensorrt.libraries(options)
    say(f"loading {options.hf or options.factory}")
    half = stored_half(options)
    with as_float32(half):
        subject = make_subject(options)
    document = subject.document()
    if options.preload_lib:
        document["needs"] = [pathlib.Path(library).name for library in options.preload_lib]
    if options.tensorrt:
        tensorrt.describe(document)
    validate(document)
    model = subject.model.requires_grad_(False).to(options.device)
    sizes = check_sizes(options.max_batch, subject.max_length, shortest(subject.plan.inputs))
    with as_float32(half):
        parity = Parity(original_call(subject, options.device), subject.plan, sizes, options.device, _hint(subject))
    outside = half is not None or are_outside(options, model)
    if outside:
        check_place(options)
    lower_precision(subject.packed or model, getattr(torch, options.dtype), options.device, outside)
    if options.quantize:
        quantize(model.body, getattr(torch, options.dtype))
    with temporary_folder(options.out) as folder:
        written = folder / f"{options.out.name.removesuffix('.' + options.format)}.{options.format}"
        stages = _stages(options, document)
        with _reader(options, written) as load:
            _write(options, subject, document, written, load if outside else None, stages)
            if outside:
                _let_go(subject)
            worst = parity.check(_padded_call(subject, load()), tolerance(options), REMEDIES[options.format])
        say(f"checked {len(sizes)} sizes: worst {worst}")
        if outside:  # first: an older package beside them refuses these
            weights_file(written).replace(weights_file(options.out))
        written.replace(options.out)
    return document, stages.summaries if stages else []


def _let_go(subject: Subject) -> None:
    """Of the weights, before the package that is tried maps its own; in cycles they would stay until any time."""
    subject.model.to("meta")
    gc.collect()


@contextlib.contextmanager
def _reader(options: Options, written: pathlib.Path) -> Iterator[Callable[[], Loaded]]:
    """To be entered before the file is there; what it gives, called after that, loads it."""
    if options.format == "pt":
        yield lambda: load_torchscript(written, options.device)
        return
    kept = options.out.with_name(options.out.name + ".rejected")
    with package_process(written, options.device, kept, (*tensorrt.libraries(options), *options.preload_lib)) as process:
        yield lambda: process


def original_call(subject: Subject, device: str) -> Loaded:
    """The original, called with padded inputs; where a call changes it, each time as it was loaded."""
    def run(*padded: Tensor) -> Any:
        model = subject.model if subject.fresh is None else subject.fresh().to(device)
        with torch.no_grad():
            return model(*(one.to(device) for one in padded))
    return run


def _hint(subject: Subject) -> str:
    if not subject.changed:
        return ""
    return (f" (a call changes {name_some(subject.changed)}; where that is its way of taking long texts, a smaller "
            "--max-length avoids it)")


class temporary_folder:
    """A folder beside `out`, so that a rename is atomic; the archive's own top folder gets the name of `out`."""

    def __init__(self, out: pathlib.Path):
        self.out = out

    def __enter__(self) -> pathlib.Path:
        try:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f".{self.out.name}.", dir=self.out.parent))
        except OSError as error:
            raise UsageError(f"--out {self.out}: cannot write there: {error.strerror}") from error
        return self.folder

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _arranged(subject: Subject, padded: Sequence[Tensor]) -> Sequence[Tensor]:
    return pack(subject.plan.inputs, padded) if subject.packed else padded


def _padded_call(subject: Subject, loaded: Loaded) -> Loaded:
    """What was written, to be called with padded inputs as the original is."""
    return lambda *padded: loaded(*_arranged(subject, padded))


def traced(options: Options, subject: Subject) -> tuple[nn.Module, Sequence[Tensor], tuple[dict[int, Any], ...]]:
    """What is exported, an example of its inputs, and which of their dimensions vary."""
    length = min(TRACE_SIZE[1], subject.max_length or TRACE_SIZE[1])
    rows = FEW if options.format == "pt" and subject.plan.image else TRACE_SIZE[0]
    size = (min(rows, options.max_batch), odd(length) if options.format == "pt" else length)
    if options.format == "pt":
        for_any_length(subject.model.body)
    example = [one.to(options.device) for one in _arranged(subject, make_batch(subject.plan.inputs, size).tensors)]
    if subject.packed:
        return subject.packed, example, packed_shapes(subject.plan.inputs, options.max_batch)
    return subject.model, example, dynamic_shapes(subject.plan.inputs, options.max_batch, subject.max_length)


def _members(subject: Subject, document: dict[str, Any]) -> dict[str, str]:
    members = {"infer.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n"}
    if subject.tokenizer is not None:
        members["tokenizer.json"] = subject.tokenizer
    return members


def _write(options: Options, subject: Subject, document: dict[str, Any], path: pathlib.Path,
           loaded: Callable[[], Loaded] | None = None, stages: Stages | None = None) -> None:
    """`loaded`: where the weights are to stand outside, the package, once it is written."""
    model, example, shapes = traced(options, subject)
    began = time.monotonic()
    if options.format == "pt":
        say("exporting as TorchScript")
        write_torchscript(model, example, path, _members(subject, document))
    else:
        say(f"exporting and compiling with {_compile_time(options)}")
        tensors = write_package(model, example, path, shapes, inductor_options(options.device, bool(options.quantize), loaded is not None),
                                options.cudnn_attention, _compiler(options, subject, example, shapes, stages))
        if stages and stages.entries:
            document["stages"] = stages.entries
        if loaded:
            document["weights"] = _write_weights(loaded(), tensors, weights_file(path))
        add_members(path, _members(subject, document))
    say(f"exported in {time.monotonic() - began:.1f} s; checking")


def _compile_time(options: Options) -> str:
    return "TensorRT and AOTInductor (minutes)" if options.tensorrt else f"AOTInductor ({COMPILE_TIME[options.device]})"


def _compiler(options: Options, subject: Subject, example: Sequence[Tensor], shapes: tuple[dict[int, Any], ...],
              stages: Stages | None) -> Compile | None:
    """None: compile_whole()."""
    if options.tensorrt:
        return tensorrt.Engines(subject.plan.inputs, example, shapes, options.max_batch, subject.max_length).compile
    return stages.compile if stages else None


def _stages(options: Options, document: dict[str, Any]) -> Stages | None:
    if options.stages is None:
        return None
    inputs, outputs = ([one["name"] for one in document[key]] for key in ("inputs", "outputs"))
    return Stages(Wish(options.stages or None, options.stage_bytes), inputs, outputs)


def _write_weights(package: Loaded, tensors: Mapping[str, Tensor], path: pathlib.Path) -> dict[str, str]:
    """Those that the package wants; returns what infer.json says of them."""
    assert isinstance(package, PackageProcess)
    wanted = package.wanted()
    if missing := sorted(set(wanted) - set(tensors)):
        raise ExportError(f"--weights outside: {', '.join(missing[:3])} came about in compiling; --weights inside may do")
    return {"file": path.name, "digest": write_weights({name: tensors[name] for name in wanted}, path)}


def _precision(options: Options, document: dict[str, Any]) -> str:
    dtype = document["origin"]["dtype"]
    return f"{options.quantize} and {dtype}" if options.quantize else dtype


def _say_what_next(options: Options, document: dict[str, Any], memory: PeakMemory, summaries: Sequence[str]) -> None:
    outside = [weights_file(options.out)] if "weights" in document else []
    names = " and ".join(f"{path} ({path.stat().st_size / 2**20:.1f} MiB)" for path in (options.out, *outside))
    say(f"wrote {names}: {document['task']}, {_precision(options, document)}, {options.device}")
    say(memory.text(outside[0].stat().st_size if outside else None))
    for summary in summaries:
        say(summary)
    wanted = "".join(f" --preload-lib {shlex.quote(library)}" for library in tensorrt.libraries(options))
    records = "PICTURES/" if "image" in document else "FILE.jsonl"
    result = "vectors.jsonl" if BUNDLE_TASKS[document["task"]].is_vector else "scores.jsonl"
    say(f"next: infer --model {options.out}{wanted} --input {records} --output {result}")
