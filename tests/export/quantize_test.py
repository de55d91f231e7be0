"""Products in 8 bits: what a layer computes, which layers are replaced, what is refused, and that infer's rows are exact."""

import os
import subprocess
import sys
import unittest

import torch
from export_support import ExportTest, encode, folder, load, signature
from infer_export import cli
from infer_export.bundle_plan import make_subject
from infer_export.examples import make_batch
from infer_export.parity import INT8, Rules
from infer_export.quantize import LEVELS, WEIGHT_LEVELS, Int8Linear, quantize
from torch import nn


def whole_numbers(rows, columns, largest):
    """Each row has `largest` in it, and its opposite."""
    values = torch.randint(-largest, largest + 1, (rows, columns)).float()
    values[:, 0], values[:, 1] = largest, -largest
    return values


class LayerTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def layer(self, columns, rows, result=torch.float32, **options):
        self.linear = nn.Linear(columns, rows, **options)
        return Int8Linear(self.linear, result)

    def test_numbers_that_8_bits_can_hold_give_what_the_layer_gives(self):
        linear = nn.Linear(40, 24)
        linear.weight.data = whole_numbers(24, 40, WEIGHT_LEVELS)
        values = whole_numbers(6, 40, LEVELS)
        torch.testing.assert_close(Int8Linear(linear, torch.float32)(values), linear(values), rtol=1e-6, atol=1e-2)

    def test_others_are_off_by_no_more_than_the_rounding(self):
        layer = self.layer(64, 16)
        values = torch.randn(50, 64)
        values[0] += 100  # all on one side of 0
        step = (values.amax(dim=1, keepdim=True) - values.amin(dim=1, keepdim=True)) / (2 * LEVELS)
        weights = self.linear.weight.detach()
        weight_step = weights.abs().amax(dim=1) / WEIGHT_LEVELS
        allowed = 0.5 * (step * weights.abs().sum(dim=1) + values.abs().sum(dim=1, keepdim=True) * weight_step
                         + 64 * 0.5 * step * weight_step)
        self.assertTrue(bool(((layer(values) - self.linear(values)).abs() <= allowed + 1e-4).all()))

    def test_sums_are_exact_without_vnni_too(self):
        """There two products of an unsigned and a signed byte are added in 16 bits, and cut off when they do not fit."""
        program = (
            "import torch\n"
            "for rows in (1, 5, 64):\n"
            f"    for value in ({LEVELS}, -{LEVELS}):\n"
            f"        for weight in ({WEIGHT_LEVELS}, -{WEIGHT_LEVELS}):\n"
            "            a = torch.full((rows, 96), value, dtype=torch.int8)\n"
            "            b = torch.full((96, 32), weight, dtype=torch.int8)\n"
            "            assert bool((torch._int_mm(a, b) == 96 * value * weight).all()), (rows, value, weight)\n")
        for instructions in ("AVX2", "AVX512_CORE"):
            run = subprocess.run([sys.executable, "-c", program], env=os.environ | {"ONEDNN_MAX_CPU_ISA": instructions},
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_token_alone_comes_out_with_the_same_bits(self):
        layer = self.layer(96, 32)
        values = torch.randn(37, 96) * torch.logspace(-6, 6, 37).unsqueeze(1)
        together = layer(values)
        for k in range(37):
            self.assertTrue(torch.equal(layer(values[k:k + 1])[0], together[k]))

    def test_shapes_bias_and_result(self):
        self.assertEqual(self.layer(8, 4, torch.bfloat16)(torch.randn(2, 3, 8)).dtype, torch.bfloat16)
        self.assertEqual(self.layer(8, 4)(torch.randn(2, 3, 8)).shape, (2, 3, 4))
        self.assertTrue(bool((self.layer(8, 4, bias=False)(torch.zeros(1, 8)) == 0).all()))
        layer = self.layer(8, 4)
        self.assertTrue(torch.equal(layer(torch.zeros(1, 8))[0], self.linear.bias))

    def test_nan_and_infinity_are_not_hidden(self):
        layer = self.layer(8, 4)
        for bad in (float("nan"), float("inf")):
            values = torch.ones(2, 8)
            values[0, 3] = bad
            result = layer(values)
            self.assertFalse(bool(result[0].isfinite().any()))
            self.assertTrue(bool(result[1].isfinite().all()))

    def test_a_layer_of_zeros(self):
        linear = nn.Linear(8, 4)
        nn.init.zeros_(linear.weight)
        self.assertTrue(torch.equal(Int8Linear(linear, torch.float32)(torch.randn(1, 8))[0], linear.bias))


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.ReLU()), nn.Linear(8, 8)])
        self.last = nn.Linear(8, 2)


class ModelTest(unittest.TestCase):
    def test_only_the_repeated_blocks(self):
        model = Blocks()
        quantize(model, torch.float32)
        kinds = {name: type(one) for name, one in model.named_modules() if isinstance(one, (nn.Linear, Int8Linear))}
        self.assertEqual(kinds, {"first": nn.Linear, "blocks.0.0": Int8Linear, "blocks.1": Int8Linear, "last": nn.Linear})


    def test_every_family_keeps_its_results_nearly(self):
        for family, task in (("bert", "embedding"), ("minilm", "text-classification"), ("distilbert", "embedding"),
                             ("roberta", "text-classification"), ("xlm-roberta", "token-classification"),
                             ("deberta-v2", "text-pair"), ("modernbert", "embedding")):
            with self.subTest(family=family, task=task):
                self.compare(make_subject(cli.parse(["--hf", str(folder(family, task)), "--task", task, "--out", "x.pt2",
                                                     "--quantize", "int8", "--no-packed"])))

    def compare(self, subject):
        tensors = make_batch(subject.plan.inputs, (3, 17)).tensors
        with torch.no_grad():
            expected = subject.model(*tensors)
            quantize(subject.model.body, torch.float32)
            got = subject.model(*tensors)
        self.assertFalse(torch.equal(got, expected))
        for one, other in zip(got, expected, strict=True):
            difference, allowed = Rules(subject.plan, INT8).difference(0, one, other)
            self.assertLessEqual(difference, allowed)


class BundleTest(ExportTest):
    def test_a_classifier(self):
        source = folder("bert", "text-classification")
        log = self.assert_written("--hf", source, "--task", "text-classification", "--quantize", "int8", "--dtype",
                                  "bfloat16", "--out", "model.pt2")
        self.assertIn(": classification, int8 and bfloat16, cpu", log)
        origin = signature("model.pt2")["origin"]
        self.assertEqual((origin["quantize"], origin["dtype"]), ("int8", "bfloat16"))
        texts = ["a first text", "another, longer text " * 9, "x"]
        loaded = load("model.pt2")
        together = loaded(*encode("model.pt2", texts, 128))
        for k, text in enumerate(texts):
            torch.testing.assert_close(loaded(*encode("model.pt2", [text], 128))[0], together[k], rtol=0, atol=1e-2)

    def test_a_model_that_it_would_change_too_much_is_not_written(self):
        """One value a thousand times as large as the others, which the layer itself does not look at."""
        (self.here / "outlier.py").write_text(
            "import torch\n"
            "class Outlier(torch.nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.blocks = torch.nn.ModuleList([torch.nn.Linear(17, 4)])\n"
            "        self.blocks[0].weight.data[:, 16] = 0\n"
            "    def forward(self, x):\n"
            "        return self.blocks[0](torch.cat([x, torch.full_like(x[:, :1], 1000.0)], dim=1))\n"
            "def make():\n"
            "    return Outlier()\n")
        self.assert_refused(1, "differs from the original", "--factory", "outlier:make", "--task", "outputs", "--input-spec",
                            "x:float32:[16]", "--quantize", "int8", "--out", "model.pt2")

    def test_refusals(self):
        source = folder("bert", "embedding")
        self.assert_refused(2, "--quantize is for a .pt2", "--hf", source, "--task", "embedding", "--quantize", "int8",
                            "--out", "model.pt")
        (self.here / "plain.py").write_text("import torch\ndef make():\n    return torch.nn.Linear(4, 2)\n")
        self.assert_refused(2, "no linear layers in repeated blocks", "--factory", "plain:make", "--task", "outputs",
                            "--input-spec", "x:float32:[4]", "--quantize", "int8", "--out", "model.pt2")


if __name__ == "__main__":
    unittest.main()
