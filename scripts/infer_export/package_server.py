"""The process in which a package is tried, for loading.py:

    python -m infer_export.package_server PACKAGE DEVICE FOLDER [LIBRARY...]

For each line on stdin it answers with a line on stdout: why it failed, or null, and the result, as JSON. "wanted": the names
of the package's weights. "call": calls PACKAGE, loaded at the first and given the weights that stand beside it, if any do,
with FOLDER/inputs.pt, and writes FOLDER/outputs.pt.
"""

import json
import os
import pathlib
import resource
import sys
from typing import Any

import torch
from safetensors import safe_open
from torch._inductor import aoti_load_package

from .loading import preload
from .modules import flatten
from .weights import weights_file


def call(model: object, device: str, folder: pathlib.Path) -> None:
    inputs = [one.to(device) for one in torch.load(folder / "inputs.pt")]
    with torch.no_grad():
        results = flatten(model(*inputs))
    torch.save([one.cpu() for one in results.values()], folder / "outputs.pt")


class Package:
    """Loaded when it is first needed."""

    def __init__(self, path: pathlib.Path, device: str):
        self.path, self.device = path, device
        self.model: Any = None
        self.weights: dict[str, torch.Tensor] = {}

    def loaded(self) -> Any:
        self.model = self.model or aoti_load_package(str(self.path))
        return self.model

    def wanted(self) -> list[str]:
        return self.loaded().get_constant_fqns()

    def call(self, folder: pathlib.Path) -> None:
        model, outside = self.loaded(), weights_file(self.path)
        if outside.exists() and not self.weights:
            with safe_open(outside, "pt", device=self.device) as file:
                self.weights = {name: file.get_tensor(name) for name in self.wanted()}
            model.load_constants(self.weights, check_full_update=True, user_managed=True)
        call(model, self.device, folder)


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
        except Exception as error:
            failure = str(error).strip() or type(error).__name__
        print(json.dumps([failure, result]), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
