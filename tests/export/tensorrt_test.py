"""--tensorrt, with a double in place of torch_tensorrt: it keeps what it is asked for, and has torch's own compiler write
the package. TensorRT itself is not run."""

import contextlib
import dataclasses
import importlib.metadata
import importlib.util
import io
import pathlib
import subprocess
import sys
import unittest

import torch
from export_support import ExportTest, load, signature
from infer_export import cli, export
from infer_export.errors import ExportError, UsageError
from infer_export.plan import ModelInput
from infer_export.tensorrt import Engines

DOUBLE = """
import ctypes
import pathlib
import types

import torch

LIBRARIES = pathlib.Path(__file__).parent / "lib"
ctypes.CDLL(str(LIBRARIES / "libnvinfer.so.99.1"))
parts, failure, asked = ["_run_on_acc_0"], None, []


class Input:
    def __init__(self, **sizes):
        self.sizes = sizes


def compile(program, *, arg_inputs, disable_tf32=False, attn_bias_is_causal=True):
    asked.append(dict(inputs=[one.sizes for one in arg_inputs], disable_tf32=disable_tf32, attn_bias_is_causal=attn_bias_is_causal))
    if failure:
        raise RuntimeError(failure)
    module = program.module()
    for part in parts:
        module.add_module(part, torch.nn.Identity())
    return module


def save(module, file_path="", *, output_format="exported_program", arg_inputs=None, dynamic_shapes=None, **more):
    asked.append(dict(output_format=output_format, configs=sorted(more.pop("inductor_configs")), more=more))
    program = torch.export.export(module, arg_inputs, dynamic_shapes=dynamic_shapes)
    torch._inductor.aoti_compile_and_package(program, package_path=file_path, inductor_configs={"aot_inductor.check_lowerbound": False})


dynamo = types.SimpleNamespace(compile=compile)
"""
MODULE = """
import torch
class Score(torch.nn.Module):
    def forward(self, x, k):
        return x.sum(dim=1) * k[:, 0]
"""
HERE = importlib.metadata.version("torch")
FLAGS = ("--factory", "mine:Score", "--task", "outputs", "--input-spec", "x:float32:[*]", "--input-spec", "k:float32:[2]", "--out", "m.pt2")
ASKED = (*FLAGS, "--pad", "x=0", "--max-length", "128", "--device", "cuda", "--tensorrt", "float32")


class TensorRTTest(ExportTest):
    def install(self, requires=f"torch=={HERE}", source=DOUBLE, libraries=("libtorchtrt_runtime.so", "libnvinfer.so.99.1")):
        """In a folder that Python searches, for this test."""
        site = self.here / "site"
        package, about = site / "torch_tensorrt", site / "torch_tensorrt-1.2.3.dist-info"
        for made in (package / "lib", about):
            made.mkdir(parents=True)
        (package / "__init__.py").write_text(source)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch_tensorrt\nVersion: 1.2.3\nRequires-Dist: {requires}\n")
        for name in libraries:
            subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", package / "lib" / name], check=True)
        sys.path.insert(0, str(site))
        self.addCleanup(sys.modules.pop, "torch_tensorrt", None)
        self.addCleanup(sys.path.remove, str(site))

    def asked_for(self, *more):
        """As --device cuda is asked for, but computed on the CPU."""
        return dataclasses.replace(cli.parse([*ASKED, *more]), device="cpu")


class BundleTest(TensorRTTest):
    def test_what_it_is_asked_for_and_what_comes_out(self):
        self.install()
        (self.here / "mine.py").write_text(MODULE)
        self.addCleanup(sys.modules.pop, "mine", None)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            export.export(self.asked_for("--max-batch", "32"))
        compiled, saved = sys.modules["torch_tensorrt"].asked
        self.assertEqual(compiled["inputs"], [
            {"min_shape": (1, 1), "opt_shape": (16, 64), "max_shape": (32, 128), "dtype": torch.float32},
            {"min_shape": (1, 2), "opt_shape": (16, 2), "max_shape": (32, 2), "dtype": torch.float32}])
        self.assertEqual((compiled["disable_tf32"], compiled["attn_bias_is_causal"]), (True, False))
        self.assertEqual((saved["output_format"], saved["more"]), ("aot_inductor", {}))
        self.assertIn("aot_inductor.check_lowerbound", saved["configs"])
        document = signature("m.pt2")
        self.assertEqual((document["needs"], document["max_batch"]), (["libtorchtrt_runtime.so"], 32))
        self.assertEqual((document["origin"]["torch_tensorrt"], document["origin"]["dtype"]), ("1.2.3", "float32"))
        x, k = torch.ones(3, 5), torch.full((3, 2), 2.0)
        self.assertEqual(load("m.pt2")(x, k).tolist(), [10.0] * 3)
        lines = said.getvalue().splitlines()
        self.assertTrue(any("checked 7 sizes" in line for line in lines), lines)
        libraries = [pathlib.Path(word).name for word in lines[-1].split(" --preload-lib ")[1:]]
        self.assertEqual(libraries[-2:], ["libnvinfer.so.99.1", "libtorchtrt_runtime.so --input FILE.jsonl --output scores.jsonl"])
        self.assertEqual(libraries[0], "libtorch_global_deps.so")
        self.assertIn(f" --preload-lib {self.here}/site/torch_tensorrt/lib/libtorchtrt_runtime.so ", lines[-1])


class SettledTest(TensorRTTest):
    def test_what_follows_from_it(self):
        self.install()
        options = cli.parse([*ASKED[:-1], "float16"])
        self.assertEqual((options.dtype, options.packed, options.weights, options.max_batch), ("float16", False, "inside", 64))
        self.assertEqual(cli.parse(FLAGS).max_batch, 4096)
        self.assertNotIn("torch_tensorrt", sys.modules)

    def test_flags_that_exclude_it(self):
        for more in (("--packed",), ("--stages", "2"), ("--weights", "outside"), ("--cudnn-attention",), ("--dtype", "bfloat16")):
            self.assert_refused(2, f"--tensorrt float32 and {' '.join(more).removesuffix(' 2')} exclude each other", *ASKED, *more)
        self.assert_refused(2, "--quantize is for a .pt2 with --device cpu", *ASKED, "--quantize", "int8")
        for more in (("--device", "cpu"), ("--format", "pt")):
            self.assert_refused(2, "--tensorrt is for a .pt2 with --device cuda", *ASKED, *more)
        self.assert_refused(2, "give --max-length", *FLAGS, "--device", "cuda", "--tensorrt", "float32")


class RefusedTest(TensorRTTest):
    @unittest.skipIf(importlib.util.find_spec("torch_tensorrt") is not None, "it is installed")
    def test_not_installed(self):
        self.assert_refused(2, f"torch_tensorrt is not installed in this Python; pip install one whose torch is {HERE}", *ASKED)

    def test_another_torch(self):
        self.install("torch<2.5.0,>=2.4.0")
        self.assert_refused(2, f"torch_tensorrt 1.2.3 is for torch<2.5.0,>=2.4.0, and here is torch {HERE}; use a Python", *ASKED)
        self.assertNotIn("torch_tensorrt", sys.modules)

    @unittest.skipIf(torch.cuda.is_available(), "there is a GPU")
    def test_no_gpu(self):
        self.install()
        self.assert_refused(2, "torch finds no CUDA device here", *ASKED)

    def test_it_cannot_be_imported(self):
        self.install(source="print('see there')\nraise Exception('no\\nlibnvinfer')", libraries=())
        with contextlib.redirect_stdout(io.StringIO()) as printed, \
                self.assertRaisesRegex(UsageError, "imported: no libnvinfer; is TensorRT"):
            export.export(self.asked_for())
        self.assertEqual(printed.getvalue(), "")

    def test_without_its_runtime(self):
        self.install(libraries=("libnvinfer.so.99.1",))
        with self.assertRaisesRegex(UsageError, "torch_tensorrt/lib/libtorchtrt_runtime.so is missing"):
            export.export(self.asked_for())


class CompileTest(TensorRTTest):
    def compiled(self, **double):
        self.install()
        import torch_tensorrt
        vars(torch_tensorrt).update(double)
        x = torch.ones(2, 3)
        program = torch.export.export(torch.nn.ReLU(), (x,))
        Engines([ModelInput("x", "float32", (3,))], [x], ({},), 2, None).compile(program, self.here / "m.pt2", {})

    def test_a_failure(self):
        with self.assertRaisesRegex(ExportError, "TensorRT cannot compile this model: no memory; a smaller --max-batch .*; without"):
            self.compiled(failure="no\nmemory")

    def test_no_part_of_it(self):
        with self.assertRaisesRegex(ExportError, "TensorRT takes no part of this model; without --tensorrt"):
            self.compiled(parts=[])


if __name__ == "__main__":
    unittest.main()
