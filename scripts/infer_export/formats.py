"""Writes and loads the two formats, with infer.json and tokenizer.json inside."""

import contextlib
import os
import pathlib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .errors import ExportError
from .plan import WILDCARD, ModelInput
from .repository import one_line

Loaded = Callable[..., Any]


def write_torchscript(model: nn.Module, example: Sequence[Tensor], path: pathlib.Path,
                      members: Mapping[str, str]) -> None:
    """A trace. What depended on the values of the example would be frozen in; the checks would find it."""
    try:
        with torch.no_grad():
            traced = torch.jit.trace(model, tuple(example), strict=False, check_trace=False)
    except Exception as error:
        raise ExportError(f"torch.jit.trace cannot export this model: {one_line(error)}") from error
    torch.jit.save(traced, str(path), _extra_files=dict(members))


def dynamic_shapes(inputs: Sequence[ModelInput], max_batch: int, max_length: int | None) -> tuple[dict[int, Any], ...]:
    """For torch.export. Tokens share one length; of other inputs it finds out itself which lengths are equal."""
    from torch.export import Dim
    batch = {0: Dim("batch", min=1, max=max_batch)} if max_batch > 1 else {}
    from_text = any(one.source != "field" for one in inputs)
    length = Dim("length", min=1, max=max_length) if from_text else Dim.DYNAMIC(min=1, max=max_length)
    return tuple(batch | {i: length for i, size in enumerate(one.shape, start=1) if size == WILDCARD}
                 for one in inputs)


def packed_shapes(inputs: Sequence[ModelInput], max_batch: int) -> tuple[dict[int, Any], ...]:
    """For the packed form of these padded inputs."""
    from torch.export import Dim
    batch, tokens = Dim("batch", min=1, max=max_batch), Dim("tokens", min=1)
    return tuple({0: batch if one.source == "token_mask" else tokens} for one in inputs)


def inductor_options(device: str, quantized: bool) -> dict[str, Any]:
    """Settings with their reasons."""
    options: dict[str, Any] = {"aot_inductor.check_lowerbound": False}  # else a package refuses batch 1
    if device == "cpu":
        options |= {
            "cpp.dynamic_threads": True,  # else this machine's number of threads is compiled in
            "freezing": True,  # packs weights for the CPU's matrix kernels
            "aot_inductor.precompile_headers": False,  # saves 2 s per export, costs 11 s before the first
        }
    if quantized:  # a token's largest value is found first: keep what it was found in, rather than compute it twice
        options["realize_opcount_threshold"] = 5
    return options


@contextlib.contextmanager
def private_cache(folder: pathlib.Path) -> Iterator[None]:
    """Inductor's files go to `folder`: in its shared cache two exports at once, of models that differ in their weights
    only, would write the same file, and twice the model's size would stay there. What the compiler and the CPU can do
    is found out before, where it is kept."""
    from torch._inductor.cpu_vec_isa import pick_vec_isa
    pick_vec_isa()
    before = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TORCHINDUCTOR_CACHE_DIR"]
        else:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = before


def write_package(model: nn.Module, example: Sequence[Tensor], path: pathlib.Path, members: Mapping[str, str],
                  shapes: tuple[dict[int, Any], ...], options: dict[str, Any]) -> None:
    """Exports and compiles, with these settings of Inductor. Takes a C++ compiler on the CPU."""
    from torch._inductor import aoti_compile_and_package
    with torch.no_grad():
        try:
            program = torch.export.export(model, tuple(example), dynamic_shapes=shapes, strict=False)
        except Exception as error:
            raise ExportError(f"torch.export cannot export this model: {one_line(error)}; --format pt may") from error
        try:
            with private_cache(path.parent.absolute() / "inductor"):
                aoti_compile_and_package(program, package_path=str(path), inductor_configs=options)
        except Exception as error:
            raise ExportError(f"AOTInductor cannot compile this model: {_compile_failure(error)}; is there a C++ compiler "
                              "(g++)? --format pt needs none") from error
    add_members(path, members)


def _compile_failure(error: Exception) -> str:
    """What the C++ compiler says, if it was that."""
    said = next((line.strip() for line in str(error).splitlines() if "error: " in line), None)
    return f"{type(error).__name__}: {said or one_line(error)}"


def add_members(path: pathlib.Path, members: Mapping[str, str]) -> None:
    """Appends <root>/extra/NAME, uncompressed: where torch.export.pt2_archive keeps extra files too."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        root = archive.namelist()[0].split("/")[0]
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{root}/extra/{name}"), content.encode())


def load(path: pathlib.Path, kind: str, device: str) -> Loaded:
    """As a user would: a callable over tensors in call order, on `device`."""
    if kind == "pt":
        module = torch.jit.load(str(path), map_location=device)
    else:
        from torch._inductor import aoti_load_package
        module = aoti_load_package(str(path))

    def run(*inputs: Tensor) -> Any:
        with torch.no_grad():
            return module(*(one.to(device) for one in inputs))

    return run
