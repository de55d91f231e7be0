"""--tensorrt: the model compiled by torch_tensorrt, in whose packages engines stand in place of Inductor's kernels.

Written from torch_tensorrt 2.11 and 2.14; there, engines compute in the types that the model itself has."""

import contextlib
import dataclasses
import importlib
import importlib.metadata
import importlib.util
import io
import pathlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import ExportError, UsageError
from .options import Options
from .plan import WILDCARD, ModelInput

if TYPE_CHECKING:  # torch comes late
    from torch import Tensor
    from torch.export import ExportedProgram

PRECISIONS = ("float16", "float32")
MAX_BATCH = 64  # by default: an engine's memory is that of its largest batch
RUNTIME = "libtorchtrt_runtime.so"
WANTED = ("libtorch_global_deps.so", "libtorch.so", "libnvinfer.so", "libnvinfer_plugin.so")  # by it, and not found by itself
PLAIN = "; without --tensorrt it is exported for PyTorch's own kernels"


def settled(options: Options) -> Options:
    """With what --tensorrt decides. Throws UsageError for flags that exclude it, and where torch_tensorrt is missing or
    is another torch's, without importing either."""
    if options.format != "pt2" or options.device != "cuda":
        raise UsageError("--tensorrt is for a .pt2 with --device cuda")
    excluded = {"--packed": options.packed, "--stages": options.stages is not None,
                "--weights outside": options.weights == "outside", "--cudnn-attention": options.cudnn_attention,
                f"--dtype {options.dtype}": options.dtype not in ("float32", options.tensorrt)}
    for flag, given in excluded.items():
        if given:
            raise UsageError(f"--tensorrt {options.tensorrt} and {flag} exclude each other: leave one away")
    if options.max_length is None and any(WILDCARD in one for one in options.input_spec):
        raise UsageError("--tensorrt: engines are built for a greatest length: give --max-length")
    check_installed()
    return dataclasses.replace(options, dtype=options.tensorrt, packed=False, weights="inside")


def check_installed() -> None:
    """Throws UsageError."""
    here = importlib.metadata.version("torch")
    try:
        found = importlib.metadata.distribution("torch-tensorrt")
    except importlib.metadata.PackageNotFoundError:
        raise UsageError("--tensorrt: torch_tensorrt is not installed in this Python; pip install one whose torch is "
                         f"{here}") from None
    from packaging.requirements import Requirement
    for one in map(Requirement, found.requires or []):
        if one.name == "torch" and not one.specifier.contains(here, prereleases=True):
            raise UsageError(f"--tensorrt: torch_tensorrt {found.version} is for torch{one.specifier}, and here is torch {here}; "
                             "use a Python, and an infer, with that torch, or another torch_tensorrt")


def libraries(options: Options) -> list[str]:
    """The files that who loads such a package loads before it, in their order; none without --tensorrt. Imports
    torch_tensorrt. Throws UsageError."""
    if not options.tensorrt:
        return []
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            module = importlib.import_module("torch_tensorrt")
    except Exception as error:
        why = " ".join(str(error).split())[:240] or type(error).__name__
        raise UsageError(f"--tensorrt: torch_tensorrt cannot be imported: {why}; is TensorRT itself there (pip install "
                         "tensorrt), and its folder in LD_LIBRARY_PATH?") from error
    runtime = pathlib.Path(str(module.__file__)).parent / "lib" / RUNTIME
    if not runtime.exists():
        raise UsageError(f"--tensorrt: {runtime} is missing, by which infer runs engines; install torch_tensorrt's own wheel")
    return [*_loaded(WANTED), str(runtime)]


def _loaded(names: Sequence[str]) -> list[str]:
    """The files of these libraries, of any version, that this process has loaded."""
    files = dict.fromkeys(re.findall(r"/\S*$", pathlib.Path("/proc/self/maps").read_text(), re.MULTILINE))
    return [file for name in names for file in files if re.fullmatch(rf"{re.escape(name)}[.\d]*", pathlib.Path(file).name)]


def describe(document: dict[str, Any]) -> None:
    """Adds to infer.json what the package needs."""
    document["needs"] = [*document.get("needs", []), RUNTIME]
    document["origin"]["torch_tensorrt"] = importlib.metadata.version("torch-tensorrt")


@dataclasses.dataclass(frozen=True)
class Engines:
    """Compiles a program whose inputs these are: in place of formats.compile_whole."""

    inputs: Sequence[ModelInput]
    example: "Sequence[Tensor]"
    shapes: tuple[dict[int, Any], ...]  # as the program was exported with
    max_batch: int
    max_length: int | None

    def compile(self, program: "ExportedProgram", path: pathlib.Path, options: dict[str, Any]) -> None:
        """Throws ExportError."""
        try:
            self._compile(importlib.import_module("torch_tensorrt"), program, path, options)
        except ExportError:
            raise
        except Exception as error:
            why = " ".join(str(error).split())[:240] or type(error).__name__
            raise ExportError(f"TensorRT cannot compile this model: {why}; a smaller --max-batch or --max-length needs less "
                              f"memory{PLAIN}") from error

    def _compile(self, trt: Any, program: "ExportedProgram", path: pathlib.Path, options: dict[str, Any]) -> None:
        compiled = trt.dynamo.compile(
            program, arg_inputs=[self._sizes(trt, *one) for one in zip(self.inputs, self.example, strict=True)],
            disable_tf32=True,  # float32 is compared as float32
            attn_bias_is_causal=False)  # by default a mask, of padding too, is replaced by the causal one
        if not any("_run_on_acc" in name for name, _ in compiled.named_children()):
            raise ExportError(f"TensorRT takes no part of this model{PLAIN}")
        trt.save(compiled, str(path), output_format="aot_inductor", arg_inputs=tuple(self.example),
                 dynamic_shapes=self.shapes, inductor_configs=options)

    def _sizes(self, trt: Any, source: ModelInput, example: "Tensor") -> Any:
        """The least, the usual and the greatest size of an input, as the program has them: by its example, too."""
        usual = tuple(example.shape)
        least, greatest = ((batch, *(length if size == WILDCARD else size for size in source.shape))
                           for batch, length in ((1, 1), (self.max_batch, self.max_length)))
        if least == greatest:
            return trt.Input(shape=usual, dtype=example.dtype)
        return trt.Input(min_shape=least, opt_shape=usual, max_shape=greatest, dtype=example.dtype)
