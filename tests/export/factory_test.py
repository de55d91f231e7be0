"""Modules of the user's own: what they become, and what is refused."""

import pathlib
import sys
import unittest
from unittest import mock

import torch
from export_support import ExportTest, folder, load, members, run, signature
from infer_export import schema

MODULES = """
import typing
import torch

class TwoLengths(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.table = torch.nn.Embedding(10, 4)

    def forward(self, ids, weights, x):
        rows = (self.table(ids) * weights.unsqueeze(-1)).sum(dim=1)
        return {"total": rows.sum(dim=1) + x.sum(dim=1), "rows": rows, "large": x > 0, "each": weights * 2}

class Mean(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.table = torch.nn.Embedding(9000, 3)

    def forward(self, input_ids, attention_mask):
        kept = attention_mask.unsqueeze(-1).float()
        return (self.table(input_ids) * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)

class Indices(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.small = torch.nn.Embedding(10, 4), torch.nn.Embedding(5, 4)
        self.bags, self.wide = torch.nn.EmbeddingBag(7, 4), torch.nn.Embedding(1000, 4)

    def forward(self, ids, twice, shifted, bag, count, flags, short):
        count = count * (self.table(flags.long()) + self.wide(short.int())).sum(dim=(1, 2))
        rows = self.table(ids.reshape(-1).to(torch.int64)).reshape(ids.shape[0], -1, 4)
        return (rows + self.table(twice) + self.small(twice) + self.table(shifted + 3)).sum(dim=(1, 2)) + \
            self.bags(bag).sum(dim=1) * count

class Sum(torch.nn.Module):
    def forward(self, x):
        return x.sum(dim=1)

class Extremes(typing.NamedTuple):
    least: torch.Tensor
    place: torch.Tensor

class NamedFields(torch.nn.Module):
    def forward(self, x):
        return Extremes(x.min(dim=1).values, x.argmin(dim=1))

class Half(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.linear = torch.nn.Linear(4, 2).half()

    def forward(self, x):
        return self.linear(x.half()).float()

class NoBatch(torch.nn.Module):
    def forward(self, x):
        return x.sum()

class Halved(torch.nn.Module):
    def forward(self, x):
        return x[:, ::2]

class Text(torch.nn.Module):
    def forward(self, x):
        return "text"

class Depends(torch.nn.Module):
    '''A trace keeps one of the two ways.'''
    def forward(self, x):
        return x.sum(dim=1) * (2.0 if x.shape[1] == 33 else 1.0)

class IgnoresMask(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.table = torch.nn.Embedding(9000, 3)
    def forward(self, input_ids, attention_mask):
        return self.table(input_ids).mean(dim=1)

def no_module():
    return 7

def fails():
    raise ValueError("no weights here")
"""

TWO_LENGTHS = ["--factory", "mine:TwoLengths", "--task", "outputs", "--input-spec", "ids:int64:[*]:0..9",
               "--input-spec", "weights:float32:[*]", "--input-spec", "x:float32:[3]", "--pad", "ids=0",
               "--pad", "weights=0"]


class FactoryTest(ExportTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "mine", None)
        (self.here / "mine.py").write_text(MODULES)

    def test_tensors(self):
        self.assert_written(*TWO_LENGTHS, "--out", "two.pt")
        written = signature("two.pt")
        schema.validate(written)
        self.assertEqual(written["outputs"], [{"name": "total", "shape": []}, {"name": "rows", "shape": [4]},
                                              {"name": "large", "shape": [3]}, {"name": "each", "shape": ["*"]}])
        self.assertEqual(written["inputs"][0], {"name": "ids", "dtype": "int64", "shape": ["*"], "from": "field",
                                                "range": [0, 9], "pad": 0})
        self.assertEqual([one.name for one in torch.jit.load("two.pt").forward.schema.arguments][1:],
                         ["ids", "weights", "x"])

    def test_indices(self):
        """The range of what is looked up unchanged is found; one that is given stays."""
        specs = ("ids:int32:[4]", "twice:int64:[4]", "shifted:int64:[4]", "bag:int64:[3]", "count:int64:[]",
                 "flags:bool:[2]", "short:int8:[2]")
        arguments = [part for spec in specs for part in ("--input-spec", spec)]
        self.assert_written("--factory", "mine:Indices", "--task", "outputs", *arguments, "--out", "indices.pt")
        self.assertEqual([one.get("range") for one in signature("indices.pt")["inputs"]],
                         [[0, 9], [0, 4], None, [0, 6], None, None, [0, 127]])
        arguments[1] += ":2..3"
        self.assert_written("--factory", "mine:Indices", "--task", "outputs", *arguments, "--out", "given.pt")
        self.assertEqual(signature("given.pt")["inputs"][0]["range"], [2, 3])

    def test_named_fields(self):
        self.assert_written("--factory", "mine:NamedFields", "--task", "outputs", "--input-spec", "x:float32:[4]", "--out", "named.pt")
        self.assertEqual([one["name"] for one in signature("named.pt")["outputs"]], ["least", "place"])

    def test_half_precision_of_its_own(self):
        self.assert_written("--factory", "mine:Half", "--task", "outputs", "--input-spec", "x:float32:[4]", "--out", "half.pt")
        self.assertEqual(signature("half.pt")["origin"]["dtype"], "float16")

    def test_text(self):
        tokenizer = folder("bert", "embedding") / "tokenizer.json"
        self.assert_written("--factory", "mine:Mean", "--tokenizer", tokenizer, "--max-length", 40, "--task",
                            "text-classification", "--labels", "a,b,c", "--out", "mean.pt")
        written = signature("mean.pt")
        schema.validate(written)
        self.assertEqual(written["classes"], {"labels": ["a", "b", "c"], "activation": "softmax"})
        self.assertEqual(written["text"]["max_length"], 40)

    def test_a_package(self):
        """AOTInductor: batch 1 and any length, two lengths that torch.export finds to be equal, a name of one's own."""
        self.assert_written(*TWO_LENGTHS, "--out", "two.bundle", "--format", "pt2", "--max-batch", 32)
        path = self.here / "two.bundle"
        self.assertIn("two.bundle/extra/infer.json", members(path))
        run = load(path)
        ids, weights, x = torch.tensor([[1]]), torch.tensor([[2.0]]), torch.tensor([[1.0, -1.0, 0.0]])
        total, rows, large, each = run(ids, weights, x)
        self.assertEqual((list(total.shape), list(rows.shape), list(each.shape)), ([1], [1, 4], [1, 1]))
        self.assertEqual(large.tolist(), [[True, False, False]])

    def test_a_compiler_that_fails(self):
        """The message has its reason, not only that it failed."""
        compiler = self.here / "compiler"
        compiler.write_text('#!/bin/sh\ncase "$*" in *wrapper*) echo "a.cpp: In function f:\na.cpp:3:10: fatal error: omp.h: '
                            'No such file" >&2; exit 1;; esac\nexec g++ "$@"\n')
        compiler.chmod(0o755)
        with mock.patch("torch._inductor.config.cpp.cxx", (None, str(compiler))):
            self.assert_refused(1, "fatal error: omp.h: No such file; --format pt needs no compiler", "--factory", "mine:Sum",
                                "--task", "outputs", "--input-spec", "x:float32:[3]", "--out", self.here / "x.pt2")


class RefusalTest(ExportTest):
    SPEC = ("--input-spec", "x:float32:[*]", "--out", "x.pt")

    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "mine", None)
        (self.here / "mine.py").write_text(MODULES)

    def refused(self, message, name, *options, code=2):
        self.assert_refused(code, message, "--factory", name, *options)

    def test_functions(self):
        for name, message in (("mine", "pkg.mod:fn"), ("other:Sum", "No module named 'other'"),
                              ("mine:Missing", "has no attribute 'Missing'"), ("mine:no_module", "returned a int"),
                              ("mine:fails", "ValueError: no weights here")):
            self.refused(message, name, "--task", "outputs", *self.SPEC)

    def test_what_does_not_fit_a_module(self):
        outputs = ("--task", "outputs", *self.SPEC)
        self.refused("must return a tensor", "mine:Text", *outputs)
        self.refused("the batch must be its first dimension", "mine:NoBatch", *outputs)
        self.refused("has 6 and 4 values for records of 12 and 7", "mine:Halved", *outputs, "--pad", "x=0")
        self.assert_written("--factory", "mine:Halved", *outputs)
        (self.here / "x.pt").unlink()
        self.refused("needs --tokenizer for a model of text", "mine:Sum", "--task", "outputs", "--out", "x.pt")
        self.refused("needs text, so --tokenizer", "mine:Sum", "--task", "text-classification", *self.SPEC)
        self.refused("returns [batch, labels]", "mine:Sum", "--task", "classification", *self.SPEC)
        self.refused("forward takes (x)", "mine:Sum", "--task", "embedding", "--out", "x.pt", "--tokenizer",
                     folder("bert", "embedding"))

    def test_a_trace_that_lost_a_branch(self):
        pathlib.Path("x.pt").write_text("before")
        self.refused("at batch 3, length 33 the exported model differs from the original: output output0 by",
                     "mine:Depends", "--task", "outputs", *self.SPEC, "--overwrite", code=1)
        self.assertEqual(pathlib.Path("x.pt").read_text(), "before")

    def test_padding_that_is_not_masked(self):
        self.refused("comes out differently with padding", "mine:IgnoresMask", "--task", "embedding", "--out", "x.pt",
                     "--max-length", 64, "--tokenizer", folder("bert", "embedding"), code=1)

    def test_a_full_disk_leaves_nothing(self):
        full = OSError(28, "No space left on device")
        with mock.patch("infer_export.export.pathlib.Path.replace", side_effect=full):
            self.refused("No space left on device", "mine:Sum", "--task", "outputs", *self.SPEC, code=1)

    def test_an_interrupt_leaves_nothing(self):
        with mock.patch("infer_export.export.write_torchscript", side_effect=KeyboardInterrupt):
            code, _ = run("--factory", "mine:Sum", "--task", "outputs", *self.SPEC)
        self.assertEqual(code, 130)
        self.assertEqual([path.name for path in self.here.iterdir() if path.name != "__pycache__"], ["mine.py"])


if __name__ == "__main__":
    unittest.main()
