"""What Inductor finds in the environment: caches of its own, and CUDA where only wheels are installed."""

import os
import pathlib
import tempfile
import unittest
import zipfile
from unittest import mock

import torch
from export_support import ExportTest, load
from infer_export import attention, compiling, formats
from infer_export.errors import ExportError
from infer_export.plan import ModelInput
from torch.utils import cpp_extension

class CacheTest(ExportTest):
    def test_both_caches_are_its_own(self):
        theirs = str(self.here / "theirs")
        caches = ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")
        with mock.patch.dict(os.environ, dict.fromkeys(caches, theirs)), mock.patch("torch._inductor.cpu_vec_isa.pick_vec_isa"):
            with compiling.private_caches(self.here / "mine"):
                for name in caches:
                    self.assertTrue(os.environ[name].startswith(str(self.here / "mine")), name)
                os.environ[caches[0]] = "changed by a library"
            self.assertEqual([os.environ[name] for name in caches], [theirs, theirs])

    def test_a_variable_that_was_not_there(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("INFER_TEST_MISSING", None)
            with compiling.variables({"INFER_TEST_MISSING": "a"}):
                self.assertEqual(os.environ["INFER_TEST_MISSING"], "a")
            self.assertNotIn("INFER_TEST_MISSING", os.environ)


class ToolkitTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="infer_export_test.")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name) / "cuda"
        self.driver = pathlib.Path(scratch.name) / "libcuda.so.1"
        self.driver.write_text("")

    def found(self, device="cuda", home=None, **variables):
        """(CUDA_HOME, LIBRARY_PATH) within toolkit(), where the user has these variables."""
        kept = {name: value for name, value in os.environ.items() if name not in ("CUDA_HOME", "LIBRARY_PATH")}
        with (mock.patch.dict(os.environ, kept | variables, clear=True), mock.patch.object(cpp_extension, "CUDA_HOME", home),
              mock.patch.object(compiling, "driver_library", lambda: self.driver), compiling.toolkit(device, self.folder)):
            return os.environ.get("CUDA_HOME"), os.environ.get("LIBRARY_PATH")

    @unittest.skipIf(torch.version.cuda is None, "this torch has no CUDA")
    def test_wheels_only(self):
        home, libraries = self.found()
        self.assertTrue((pathlib.Path(home) / "include/cuda.h").exists())
        self.assertEqual(libraries, str(self.folder))
        self.assertEqual((self.folder / "libcuda.so").resolve(), self.driver.resolve())

    def test_the_users_own_is_left(self):
        self.assertEqual(self.found(home="/opt/cuda", CUDA_HOME="/opt/cuda", LIBRARY_PATH="/opt/lib"),
                         ("/opt/cuda", f"/opt/lib:{self.folder}"))

    def test_nothing_for_the_cpu(self):
        self.assertEqual(self.found("cpu"), (None, None))

    def test_neither_toolkit_nor_wheels(self):
        with mock.patch("importlib.util.find_spec", return_value=None), \
                self.assertRaisesRegex(ExportError, "CUDA's headers are missing: .*pip install"):
            self.found()

    def test_no_driver(self):
        with mock.patch("ctypes.CDLL", side_effect=OSError("no such file")), \
                self.assertRaisesRegex(ExportError, "cannot load the driver's libcuda.so.1: no such file"):
            compiling.driver_library()


class AtLeastThree(torch.nn.Module):
    def forward(self, ids):
        return ids[:, :3].sum(1) if ids.shape[1] >= 3 else ids.sum(1) - 1


class OddOnes(torch.nn.Module):
    def forward(self, ids):
        return ids.sum(1) if ids.shape[1] % 2 == 1 else ids.sum(1) - 1


class FailureTest(ExportTest):
    def refused(self, module, reason):
        ids = ModelInput("ids", "int64", ("*",), "token_ids")
        with self.assertRaisesRegex(ExportError, f"this model: {reason}; --format pt may"):
            formats.write_package(module, [torch.zeros(2, 9, dtype=torch.int64)], self.here / "model.pt2",
                                  formats.dynamic_shapes([ids], 4, 48), {})

    def test_the_sizes_that_a_model_would_take(self):
        self.refused(AtLeastThree(), "it would take only a length of min 3, max 48")

    def test_sizes_that_no_limits_describe(self):
        self.refused(OddOnes(), "it is not the same for every length")


class Attention(torch.nn.Module):
    """Its linear layer gets a transposed input; with autocast the layer is in a graph of its own."""

    def __init__(self, dtype):
        super().__init__()
        self.layer, self.dtype = torch.nn.Linear(32, 96), dtype

    def forward(self, values):
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            return self.layer(values.transpose(0, 1)).transpose(0, 1)


class ProductsTest(ExportTest):
    def test_a_transposed_input_keeps_a_layer_one_product(self):
        for dtype in (torch.float32, torch.bfloat16):
            with self.subTest(dtype):
                model, path = Attention(dtype).requires_grad_(False).eval(), self.here / f"{dtype}.pt2"
                formats.write_package(model, [torch.randn(4, 9, 32)], path, ({0: torch.export.Dim("batch", min=1, max=8)},),
                                      formats.inductor_options("cpu", False))
                with zipfile.ZipFile(path) as archive:
                    code = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".wrapper.cpp"))
                self.assertFalse(b"aoti_torch_cpu_bmm_out" in code)
                values = torch.randn(3, 9, 32)
                torch.testing.assert_close(load(path)(values).float(), model(values).float(), rtol=2e-2, atol=2e-2)


class CudnnTest(ExportTest):
    def test_a_package_that_calls_it(self):
        for member, content in (("x/a.wrapper.cpp", "aoti_torch_cuda__scaled_dot_product_cudnn_attention(buf0)"),
                                ("x/a.json", '{"target": "aten::_scaled_dot_product_cudnn_attention"}')):
            with zipfile.ZipFile("x.pt2", "w") as archive:
                archive.writestr(member, content)
            with self.assertRaisesRegex(ExportError, "calls cuDNN's attention.*--cudnn-attention allows it"):
                attention.refuse_cudnn(self.here / "x.pt2")

    def test_one_that_does_not(self):
        with zipfile.ZipFile("x.pt2", "w") as archive:
            archive.writestr("x/a.wrapper.cpp", "aoti_torch_cuda__scaled_dot_product_efficient_attention(buf0)")
        attention.refuse_cudnn(self.here / "x.pt2")


if __name__ == "__main__":
    unittest.main()
