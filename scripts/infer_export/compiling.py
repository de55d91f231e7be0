"""What Inductor finds in the environment while it compiles: caches of its own, and CUDA's headers and driver."""

import contextlib
import ctypes
import importlib.util
import os
import pathlib
import re
from collections.abc import Iterator, Mapping

from .errors import ExportError


@contextlib.contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables, and puts back what was there, also what others changed meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def private_caches(folder: pathlib.Path) -> Iterator[None]:
    """The files of Inductor and Triton go to `folder`: in shared caches two exports at once, of models that differ in
    their weights only, would write the same file, and twice the model's size would stay there. What the compiler and
    the CPU can do is found out before, where it is kept."""
    from torch._inductor.cpu_vec_isa import pick_vec_isa
    pick_vec_isa()
    with variables({"TORCHINDUCTOR_CACHE_DIR": str(folder), "TRITON_CACHE_DIR": str(folder / "triton")}):
        yield


def wheels_toolkit() -> pathlib.Path:
    """The folder of CUDA's headers and libraries among the wheels, for torch's own version of CUDA. Throws ExportError."""
    import torch
    name = "cu" + (torch.version.cuda or "").split(".")[0]
    found = importlib.util.find_spec("nvidia")
    folders = [pathlib.Path(one) / name for one in ((found and found.submodule_search_locations) or [])]
    for folder in folders:
        if (folder / "include/cuda.h").exists():
            return folder
    raise ExportError("--device cuda: CUDA's headers are missing: there is no CUDA_HOME, no nvcc, no /usr/local/cuda, and "
                      f"no nvidia/{name}/include/cuda.h among the wheels; pip install nvidia-cuda-runtime, or a toolkit")


def driver_library() -> pathlib.Path:
    """The file of libcuda.so.1 that is loaded. Throws ExportError."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise ExportError(f"--device cuda: cannot load the driver's libcuda.so.1: {error}") from error
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return next(pathlib.Path(match[0]) for line in lines if (match := re.search(r"/\S*libcuda\.so\S*$", line)))


@contextlib.contextmanager
def toolkit(device: str, folder: pathlib.Path) -> Iterator[None]:
    """For a GPU: CUDA_HOME from the wheels where no toolkit is installed, and in LIBRARY_PATH, after what the user has
    there, a `folder` with the name that the linker looks for: only toolkits bring a libcuda.so."""
    if device != "cuda":
        yield
        return
    from torch.utils import cpp_extension
    folder.mkdir()
    (folder / "libcuda.so").symlink_to(driver_library())
    values = {"LIBRARY_PATH": os.pathsep.join(filter(None, (os.environ.get("LIBRARY_PATH"), str(folder))))}
    if cpp_extension.CUDA_HOME is None:
        values["CUDA_HOME"] = cpp_extension.CUDA_HOME = str(wheels_toolkit())
    with variables(values):
        yield
