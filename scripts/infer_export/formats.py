"""Writes the two formats, with infer.json and tokenizer.json inside."""

import contextlib
import os
import pathlib
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from .attention import refuse_cudnn, without_cudnn
from .compiling import private_caches, toolkit
from .errors import ExportError
from .plan import WILDCARD, ModelInput
from .products import contiguous_inputs
from .repository import one_line
from .tracing import for_any_batch


def write_torchscript(model: nn.Module, example: Sequence[Tensor], path: pathlib.Path,
                      members: Mapping[str, str]) -> None:
    """A trace. What depended on the values of the example would be frozen in; the checks would find it."""
    try:
        with torch.no_grad(), for_any_batch(model):
            traced = torch.jit.trace(model, tuple(example), strict=False, check_trace=False)
        torch.jit.save(traced, str(path), _extra_files=dict(members))
    except OSError:
        raise
    except Exception as error:
        raise ExportError(f"torch.jit.trace cannot export this model: {one_line(error)}; --format pt2 may") from error


def dynamic_shapes(inputs: Sequence[ModelInput], max_batch: int, max_length: int | None) -> tuple[dict[int, Any], ...]:
    """For torch.export. Tokens share one length; of other inputs it finds out itself which lengths are equal."""
    from torch.export import Dim
    batch = {0: Dim("batch", min=1, max=max_batch)} if max_batch > 1 else {}
    from_text = any(one.source.startswith("token_") for one in inputs)
    length = Dim("length", min=1, max=max_length) if from_text else Dim.DYNAMIC(min=1, max=max_length)
    return tuple(batch | {i: length for i, size in enumerate(one.shape, start=1) if size == WILDCARD}
                 for one in inputs)


def packed_shapes(inputs: Sequence[ModelInput], max_batch: int) -> tuple[dict[int, Any], ...]:
    """For the packed form of these padded inputs."""
    from torch.export import Dim
    batch, tokens = Dim("batch", min=1, max=max_batch), Dim("tokens", min=1)
    return tuple({0: batch if one.source == "token_mask" else tokens} for one in inputs)


def inductor_options(device: str, quantized: bool, outside: bool = False) -> dict[str, Any]:
    """Settings with their reasons. `outside`: the weights are given to the package when it is loaded."""
    options: dict[str, Any] = {
        "aot_inductor.check_lowerbound": False,  # else a package refuses batch 1
        "aot_inductor.precompile_headers": False,  # would save 2 s per export, and cost 11 s before the first
    }
    if device == "cpu":
        options |= {
            "cpp.dynamic_threads": True,  # else this machine's number of threads is compiled in
            "freezing": not outside,  # packs weights for the CPU's matrix kernels
        }
    else:  # a buffer for what a layer norm gives, before rows are taken out of it: else each text's rows are written out
        options["realize_acc_reads_threshold"] = 5
    if outside:
        options["aot_inductor.package_constants_in_so"] = False
    if quantized:  # a token's largest value is found first: keep what it was found in, rather than compute it twice
        options["realize_opcount_threshold"] = 5
    return options


Compile = Callable[[ExportedProgram, pathlib.Path, dict[str, Any]], None]  # of a package, with settings of Inductor


def compile_whole(program: ExportedProgram, path: pathlib.Path, options: dict[str, Any]) -> None:
    from torch._inductor import aoti_compile_and_package
    aoti_compile_and_package(program, package_path=str(path), inductor_configs=options)


def write_package(model: nn.Module, example: Sequence[Tensor], path: pathlib.Path, shapes: tuple[dict[int, Any], ...],
                  options: dict[str, Any], cudnn: bool = False, compile_program: Compile | None = None) -> dict[str, Tensor]:
    """Exports and compiles, with these settings of Inductor. Takes a C++ compiler. `cudnn`: whether its attention may
    be in it. Returns the tensors of the model by the names that they have for the package."""
    device = next(iter(example)).device.type
    with torch.no_grad(), contextlib.nullcontext() if cudnn else without_cudnn():
        try:
            program = torch.export.export(model, tuple(example), dynamic_shapes=shapes, strict=False)
        except Exception as error:
            raise ExportError(f"torch.export cannot export this model: {_export_failure(error)}; --format pt may") from error
        if device == "cpu":
            contiguous_inputs(program.graph_module)
        with private_caches(path.parent.absolute() / "inductor"), toolkit(device, path.parent.absolute() / "cuda"):
            try:
                (compile_program or compile_whole)(program, path, options)
            except ExportError:
                raise
            except Exception as error:
                raise ExportError(f"AOTInductor cannot compile this model: {_compile_failure(error)}; --format pt needs no "
                                  "compiler") from error
    if not cudnn:
        refuse_cudnn(path)
    return {name: value for name, value in (*program.state_dict.items(), *program.constants.items())
            if isinstance(value, Tensor)}


def _export_failure(error: Exception) -> str:
    """Of sizes that the model does not take, which it does: the first line only says that there are some."""
    limits = re.findall(r"^  ((?!_)\w+) = Dim\('\w+', (.+)\)$", str(error), re.MULTILINE)
    if not limits:
        sizes = re.match(r"Constraints violated \((.+?)\)!", str(error))
        return f"it is not the same for every {sizes[1]}" if sizes else one_line(error)
    return "it would take only " + " and ".join(f"a {name} of {kept.replace('=', ' ')}" for name, kept in limits)


def _compile_failure(error: Exception) -> str:
    """What the C++ compiler says, if it was that."""
    if "GuardOnDataDependentSymNode" in str(error):
        return f"a size in it depends on a tensor's values ({one_line(error)})"
    said = next((line.strip() for line in str(error).splitlines() if "error: " in line), None)
    missing = "" if shutil.which(os.environ.get("CXX") or "g++") else " (there is no C++ compiler: install g++)"
    return f"{type(error).__name__}: {said or one_line(error)}{missing}"


def add_members(path: pathlib.Path, members: Mapping[str, str]) -> None:
    """Appends <root>/extra/NAME, uncompressed: where torch.export.pt2_archive keeps extra files too."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        root = archive.namelist()[0].split("/")[0]
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{root}/extra/{name}"), content.encode())
