"""--weights outside: the pair of files, what they say of each other, when that is the default, what is refused."""

import json
import re
import unittest
from unittest import mock

import torch
from export_support import ExportTest, encode, run, signature, stored_in
from infer_export import cli, weights
from safetensors import safe_open
from torch import nn

import make_small_models  # isort: skip (export_support sets the path)

TEXTS = ["a plain sentence", "", "hello world " * 7]


class PairTest(ExportTest):
    def test_the_package_takes_its_weights_from_the_file(self):
        """The exporter has compared its values; here: what is where, of a model stored as it is computed."""
        source = stored_in(torch.bfloat16, make_small_models.make_folder("qwen3", "embedding", self.here / "qwen3", head_dim=32))
        flags = ("--hf", source, "--task", "embedding", "--dtype", "bfloat16", "--out", "m.pt2")
        said = self.assert_written(*flags, "--weights", "outside")
        peak, times = re.search(r": peak memory (\d+\.\d\d) GiB, (\d+\.\d\d) x the weights, of which .* GiB are mapped files", said).groups()
        self.assertGreater(float(peak), 0.3)  # torch alone
        self.assertAlmostEqual(float(peak) / float(times) * 2**30, (self.here / "m.safetensors").stat().st_size, delta=1e4)
        self.assertEqual([path.name for path in self.files() if path.is_file() and path.parent == self.here], ["m.pt2", "m.safetensors"])
        said = signature("m.pt2")["weights"]
        with safe_open("m.safetensors", "pt") as file:
            self.assertEqual(file.metadata(), {"infer_weights": said["digest"]})
            names = set(file.keys())
            stored = file.get_tensor("body.embed_tokens.weight")
            self.assertEqual({name for name in names if file.get_slice(name).get_dtype() != "BF16"}, {"body.rotary_emb.inv_freq"})
        self.assertEqual(said["file"], "m.safetensors")
        self.assertLess((self.here / "m.pt2").stat().st_size, 4 << 20)
        from torch._inductor import aoti_load_package
        package = aoti_load_package("m.pt2")
        self.assertEqual(set(package.get_constant_fqns()), names)
        with safe_open("m.safetensors", "pt") as file:
            given = {name: file.get_tensor(name) for name in names}
        package.load_constants(given, check_full_update=True, user_managed=True)
        from transformers import AutoModel
        original = AutoModel.from_pretrained(source).eval()
        self.assertTrue(torch.equal(original.get_input_embeddings().weight, stored))
        with torch.no_grad():
            self.assertTrue(bool(torch.isfinite(package(*encode("m.pt2", TEXTS, 16))).all()))
        self.assert_refused(2, "exists; --overwrite replaces it", *flags)


class FileTest(ExportTest):
    def test_what_is_written_is_read_back_and_known_by_all_that_it_holds(self):
        tensors = {"b": torch.randn(3, 5), "a": torch.randn(7).bfloat16(), "c": torch.tensor(3), "empty": torch.zeros(0, 4),
                   "view": torch.arange(12.0).reshape(3, 4).T}
        digest = weights.write_weights(tensors, self.here / "w.safetensors")
        with safe_open("w.safetensors", "pt") as file:
            self.assertEqual(file.metadata()["infer_weights"], digest)
            self.assertEqual(set(file.keys()), set(tensors))
            for name, tensor in tensors.items():
                self.assertTrue(torch.equal(file.get_tensor(name), tensor), name)
        content = (self.here / "w.safetensors").read_bytes()
        length = int.from_bytes(content[:8], "little")
        self.assertEqual((8 + length) % 64, 0)
        json.loads(content[8:8 + length])
        tensors["b"][0, 0] += 1
        self.assertNotEqual(weights.write_weights(tensors, self.here / "w.safetensors"), digest)


class PlaceTest(ExportTest):
    """The weights' name follows from --out: what has it already is not lost."""

    def export(self, *flags):
        return ("--factory", "sums:Sum", "--task", "outputs", "--input-spec", "x:float32:[4]", "--weights", "outside", "--out", "m.pt2", *flags)

    def test_weights_of_others_stay_and_own_ones_go_when_told(self):
        (self.here / "sums.py").write_text("import torch\n\n\nclass Sum(torch.nn.Module):\n    def forward(self, x):\n        return x.sum(1)\n")
        for foreign in (b"", b"words", (2).to_bytes(8, "little") + b"[]", (2).to_bytes(8, "little") + b"{}", b"\xff" * 9):
            (self.here / "m.safetensors").write_bytes(foreign)
            for flags in ((), ("--overwrite",)):
                self.assert_refused_after_loading("which the exporter has not written", *flags)
            self.assertEqual((self.here / "m.safetensors").read_bytes(), foreign)
        weights.write_weights({"a": torch.zeros(2)}, self.here / "m.safetensors")
        self.assert_refused_after_loading("exist; --overwrite replaces them")
        weights.check_place(cli.parse([*self.export("--overwrite")]))

    def assert_refused_after_loading(self, message, *flags):
        code, stderr = run(*self.export(*flags))
        self.assertEqual(code, 2, stderr)
        self.assertIn(message, stderr.splitlines()[-1])
        self.assertFalse((self.here / "m.pt2").exists())


class ChoiceTest(ExportTest):
    def options(self, *flags):
        return cli.parse(["--hf", "x", "--task", "embedding", "--out", "x.pt2", *flags])

    def test_large_weights_are_outside_by_default_where_they_can_be(self):
        model = nn.Linear(512, 1024, bias=False)  # 2 MiB
        model.register_buffer("same", model.weight.data)
        for large, flags, expected in ((2 << 20, (), False), ((2 << 20) - 1, (), True), (1 << 20, ("--dtype", "bfloat16"), False),
                                       (1, ("--weights", "inside"), False), (1, ("--format", "pt"), False),
                                       (1, ("--quantize", "int8"), False), (1 << 30, ("--weights", "outside"), True)):
            with self.subTest(large=large, flags=flags), mock.patch.object(weights, "LARGE", large):
                self.assertEqual(weights.are_outside(self.options(*flags), model), expected)

    def test_what_cannot_be(self):
        for flags in (("--format", "pt"), ("--quantize", "int8")):
            with self.subTest(flags=flags):
                self.assert_refused(2, "--weights outside is for a .pt2, without --quantize", "--hf", "x", "--task", "embedding",
                                    "--out", "x.pt2", "--weights", "outside", *flags)


if __name__ == "__main__":
    unittest.main()
