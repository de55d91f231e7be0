"""What goes into a package for a GPU, compiled where there is none:

    export_cuda_test.py ON_SIMULATED_GPUS

Ends with 77 where it cannot be tried, and says why. What such a package computes takes a GPU: there the exporter checks it.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

INSIDE = "--inside"  # the second start of this file, on simulated GPUs


def skip(reason: str) -> None:
    print(f"skipped: {reason}")
    sys.exit(77)


def start_on_simulated_gpus(launcher: pathlib.Path) -> None:
    if not launcher.exists():
        skip(f"there is no {launcher}: no simulated GPUs were built")
    if shutil.which("g++") is None:
        skip("there is no g++")
    os.execv(launcher, [str(launcher), sys.executable, *sys.argv, INSIDE])


if __name__ == "__main__" and sys.argv[-1] != INSIDE:
    start_on_simulated_gpus(pathlib.Path(sys.argv[1]).resolve())  # before torch is loaded, which takes seconds

import torch
from export_support import folder
from infer_export import cli, export, varlen
from infer_export.attention import CUDNN, without_cudnn
from infer_export.bundle_plan import make_subject
from infer_export.compiling import wheels_toolkit
from infer_export.errors import ExportError
from infer_export.modules import lower_precision


class ChoiceTest(unittest.TestCase):
    """Which attention PyTorch puts in on a card like this one."""

    def test_never_cudnn(self):
        torch.zeros(1, device="cuda")  # the first use, at which the simulation turns them off
        for allowed in ("flash", "mem_efficient", "cudnn"):
            getattr(torch.backends.cuda, f"enable_{allowed}_sdp")(True)
        self.assertEqual(self.chosen(), [CUDNN.decode()])  # else this test shows nothing
        with without_cudnn():
            self.assertEqual(self.chosen(), ["_scaled_dot_product_efficient_attention"])
            self.assertEqual(self.chosen(masked=False), ["_scaled_dot_product_flash_attention"])

    def chosen(self, masked=True):
        class Attention(torch.nn.Module):
            def forward(self, x, mask):
                return torch.nn.functional.scaled_dot_product_attention(x, x, x, mask if masked else None)

        x = torch.zeros(2, 4, 64, 32, dtype=torch.float16, device="cuda")
        mask = torch.ones(2, 1, 64, 64, dtype=torch.bool, device="cuda")
        with torch.no_grad():
            program = torch.export.export(Attention(), (x, mask)).run_decompositions()
        names = [str(node.target) for node in program.graph.nodes]
        return [name.split(".")[1] for name in names if "scaled_dot_product" in name]


def moved_subject(*flags):
    """(options, subject) of a tiny BERT on the simulated GPU, in the precision of the flags."""
    options = cli.parse(["--hf", str(folder("bert", "embedding")), "--task", "embedding", "--device", "cuda", "--out",
                         "x.pt2", *flags])
    subject = make_subject(options)
    subject.model.requires_grad_(False).to("cuda")
    lower_precision(subject.packed or subject.model, getattr(torch, options.dtype), "cuda")
    return options, subject


class GraphTest(unittest.TestCase):
    def test_the_other_layouts_and_precisions(self):
        for flags, operator in ((("--dtype", "float32"), "_efficient_attention_forward"),
                                (("--dtype", "bfloat16", "--no-packed"), "_scaled_dot_product_efficient_attention")):
            with self.subTest(flags=flags):
                self.assertEqual(self.attention(*flags), {operator})

    def attention(self, *flags):
        """Operators of attention in what Inductor is given."""
        options, subject = moved_subject(*flags)
        model, example, shapes = export.traced(options, subject)
        with torch.no_grad(), without_cudnn():
            program = torch.export.export(model, tuple(example), dynamic_shapes=shapes, strict=False).run_decompositions()
        names = {str(node.target).split(".")[1] for node in program.graph.nodes if str(node.target).startswith("aten.")}
        return {name for name in names if "attention" in name}


class OperatorTest(unittest.TestCase):
    def test_flash_attention_takes_what_it_is_given(self):
        """LibTorch's own CUDA code up to the kernel, which the simulation does not run."""
        bounds = torch.tensor([0, 3, 3, 16], dtype=torch.int32, device="cuda")
        heads = torch.zeros(16, 2, 8, dtype=torch.float16, device="cuda")
        with torch.no_grad():
            self.assertEqual(varlen.on_gpu(heads, heads, heads, bounds, 128, False, None).shape, heads.shape)


class PackageTest(unittest.TestCase):
    """A package, packed and in half precision."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="infer_export_test.")
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name) / "x.pt2"

    def test_package(self):
        code, names = self.compiled()
        called = re.findall(r"\b(aoti_torch_\w*attention\w*?)(?:_v\d+)?\(", code)
        self.assertEqual(called, ["aoti_torch_cuda__flash_attention_forward"] * 2)
        self.assertEqual(re.findall(r"aoti_torch_cpu_\w+|cpp_fused_\w+", code), [])
        self.assertTrue(any(name.endswith(".so") for name in names))
        self.assertIn("x/extra/infer.json", names)
        kernels = set(re.findall(r"static .* void call_(triton_\w+)\(", code))
        self.assertEqual(sum(name.endswith(".cubin") for name in names), len(kernels))
        self.assertGreater(len(kernels), 5)
        self.assert_rows_are_not_written_out(code)

    def compiled(self):
        """The generated code, and its members' names."""
        import cuda_without_gpu
        cuda_without_gpu.prepare()
        options, subject = moved_subject("--dtype", "float16")
        settings = export.inductor_options("cuda", False) | {"aot_inductor.compile_wrapper_opt_level": "O0"}  # saves seconds
        with mock.patch.object(export, "inductor_options", lambda *_: settings):
            export._write(options, subject, subject.document(), self.path)
        with zipfile.ZipFile(self.path) as archive:
            names = archive.namelist()
            return archive.read(next(name for name in names if name.endswith("wrapper.cpp"))).decode(), names

    def assert_rows_are_not_written_out(self, code):
        """No tensor [texts, longest, width]: the pooling takes tokens where they lie."""
        shapes = dict(re.findall(r"const int64_t (int_array_\d+)\[\] = \{(.*?)\};", code))
        made = re.findall(r"aoti_torch_empty_strided\(3, (int_array_\d+)", code)
        self.assertEqual([shapes[name] for name in made if ", 128L, " in shapes[name]], [])


def check_toolkit() -> None:
    """CUDA's headers, of a toolkit or of wheels."""
    from torch.utils import cpp_extension
    if torch.version.cuda is None:
        skip("this torch has no CUDA")
    try:
        cpp_extension.CUDA_HOME or wheels_toolkit()
    except ExportError as error:
        skip(str(error))


if __name__ == "__main__":
    check_toolkit()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:-1]])
