"""A model that sleeps for 0.2 s a batch and needs no processor meanwhile: as slow on a busy machine as on a quiet one."""

import importlib.util
import pathlib
import sys

from cli_support import check, run

CHUNK_SECONDS = 0.2
OPERATION = """
#include <torch/library.h>
#include <chrono>
#include <thread>
at::Tensor late(const at::Tensor& x, double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return x.clone();
}
TORCH_LIBRARY(infer_test, library) { library.def("late", late); }
"""
MAKE_MODEL = """
import torch
torch.ops.load_library("./late.so")
class Late(torch.nn.Module):
    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds
    def forward(self, x):
        return torch.ops.infer_test.late(x.sum(dim=1), self.seconds)
torch.jit.script(Late(SECONDS)).save("late.pt")
torch.jit.script(Late(0.0)).save("prompt.pt")
"""


def torch_folder() -> pathlib.Path:
    torch = importlib.util.find_spec("torch")
    check(torch is not None and torch.origin is not None, "this Python has no torch")
    return pathlib.Path(torch.origin if torch and torch.origin else "").parent


def make_model(folder: pathlib.Path) -> None:
    """late.pt, prompt.pt that gives the same rows at once, and late.so with the operation that both have."""
    (folder / "late.cpp").write_text(OPERATION)
    (folder / "make_model.py").write_text(MAKE_MODEL.replace("SECONDS", str(CHUNK_SECONDS)))
    torch = torch_folder()
    compile_it = ["g++", "-std=c++20", "-shared", "-fPIC", f"-I{torch}/include", "late.cpp", "-o", "late.so"]
    for command in ([*compile_it, f"-L{torch}/lib", "-ltorch_cpu", "-lc10"], [sys.executable, "make_model.py"]):
        done = run(command, folder, timeout=300)
        check(done.code == 0, f"cannot make the model: {done}")


def with_operation(folder: pathlib.Path) -> list[str]:
    """In front of the program: the library, and where LibTorch is, which it needs."""
    return ["env", f"LD_PRELOAD={folder}/late.so", f"LD_LIBRARY_PATH={torch_folder()}/lib"]
