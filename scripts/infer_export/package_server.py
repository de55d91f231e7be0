"""The process in which a package is tried, for loading.py:

    python -m infer_export.package_server PACKAGE DEVICE FOLDER

For each line on stdin it calls PACKAGE, loaded at the first, with FOLDER/inputs.pt, writes FOLDER/outputs.pt, and answers
with a line on stdout: null, or why it failed, as JSON.
"""

import json
import os
import pathlib
import resource
import sys

import torch
from torch._inductor import aoti_load_package

from .modules import flatten


def call(model: object, device: str, folder: pathlib.Path) -> None:
    inputs = [one.to(device) for one in torch.load(folder / "inputs.pt")]
    with torch.no_grad():
        results = flatten(model(*inputs))
    torch.save([one.cpu() for one in results.values()], folder / "outputs.pt")


def main(package: str, device: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print there
    model = None
    for _ in sys.stdin:
        failure = None
        try:
            model = model or aoti_load_package(package)
            call(model, device, pathlib.Path(folder))
        except Exception as error:
            failure = str(error).strip() or type(error).__name__
        print(json.dumps(failure), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
