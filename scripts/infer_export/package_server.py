"""The process in which a package is tried, for loading.py:

    python -m infer_export.package_server PACKAGE DEVICE FOLDER [LIBRARY...]

For each line on stdin it answers with a line on stdout: why it failed, or null, and the result, as JSON. "wanted": the names
of the package's weights, of all its stages. "call": calls PACKAGE, loaded at the first and given the weights that stand beside
it, if any do, with FOLDER/inputs.pt, and writes FOLDER/outputs.pt. Stages run one after another, on the GPUs in turn.
"""

import json
import os
import pathlib
import re
import resource
import sys
import zipfile

import torch
from safetensors import safe_open
from torch.export.pt2_archive._package import AOTICompiledModel

from .loading import preload
from .modules import flatten
from .weights import weights_file


class Part:
    """A package, or a stage of one, loaded on `device`."""

    def __init__(self, path: pathlib.Path, name: str, device: str):
        self.path, self.device = path, device
        index = torch.device(device).index
        self.model = AOTICompiledModel(torch._C._aoti.AOTIModelPackageLoader(
            str(path), name, False, 1, -1 if index is None else index, False))
        self.weights: dict[str, torch.Tensor] = {}

    def wanted(self) -> list[str]:
        return self.model.get_constant_fqns()

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        outside = weights_file(self.path)
        if outside.exists() and not self.weights:
            with safe_open(outside, "pt", device=self.device) as file:
                self.weights = {name: file.get_tensor(name) for name in self.wanted()}
            self.model.load_constants(self.weights, check_full_update=True, user_managed=True)
        return list(flatten(self.model(*(one.to(self.device) for one in inputs))).values())


class Package:
    """Loaded when it is first needed."""

    def __init__(self, path: pathlib.Path, device: str):
        self.path, self.device = path, device
        self.loaded: dict[str, Part] = {}

    def parts(self) -> dict[str, Part]:
        """By the names that they have in the archive."""
        if not self.loaded:
            with zipfile.ZipFile(self.path) as archive:
                found = {match[1] for one in archive.namelist() if (match := re.search(r"/data/aotinductor/(\w+)/", one))}
            self.loaded = {name: Part(self.path, name, self._device(k, len(found))) for k, name in enumerate(sorted(found, key=_order))}
        return self.loaded

    def _device(self, number: int, parts: int) -> str:
        return self.device if self.device == "cpu" or parts == 1 else f"cuda:{number % torch.cuda.device_count()}"

    def wanted(self) -> list[str]:
        return sorted({name for part in self.parts().values() for name in part.wanted()})

    def call(self, folder: pathlib.Path) -> None:
        inputs, parts = torch.load(folder / "inputs.pt"), self.parts()
        with torch.no_grad():
            results = parts["model"](*inputs) if "model" in parts else self._in_stages(inputs)
        torch.save([one.cpu() for one in results], folder / "outputs.pt")

    def _in_stages(self, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
        """As infer runs them: by the names in the bundle's own description."""
        with zipfile.ZipFile(self.path) as archive:
            document = json.loads(archive.read(next(one for one in archive.namelist() if one.endswith("/extra/infer.json"))))
        values = dict(zip((one["name"] for one in document["inputs"]), inputs, strict=True))
        for stage in document["stages"]:
            given = self.parts()[stage["name"]](*(values[name] for name in stage["takes"]))
            values |= zip(stage["gives"], given, strict=True)
        return [values[one["name"]] for one in document["outputs"]]


def _order(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\D*)(\d*)", name)
    return (match[1], int(match[2] or 0)) if match else (name, 0)


def main(path: str, device: str, folder: str, *libraries: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print there
    preload(libraries)
    package = Package(pathlib.Path(path), device)
    for line in sys.stdin:
        failure = result = None
        try:
            result = package.wanted() if line.strip() == "wanted" else package.call(pathlib.Path(folder))
        except Exception as error:  # noqa: BLE001  it is the answer
            failure = str(error).strip() or type(error).__name__
        print(json.dumps([failure, result]), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
