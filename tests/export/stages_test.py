"""Models in stages: where a graph is cut, that the stages together are the model, what crosses, what is refused."""

import unittest

import torch
from export_support import ExportTest, encode, folder, run, signature
from infer_export import cli, export, quiet
from infer_export.bundle_plan import make_subject
from infer_export.errors import ExportError
from infer_export.examples import make_batch
from infer_export.functional_graph import functional_graph
from infer_export.graph_cut import Anatomy, places
from infer_export.package_server import Package
from infer_export.shares import Shares
from infer_export.stage_graphs import split
from safetensors import safe_open
from torch import nn

import decoder_tokenizers  # isort: skip (export_support sets the path)
import make_small_models  # isort: skip

BATCH = torch.export.Dim("batch", min=1, max=64)


def exported(model, *example, shapes=None):
    with torch.no_grad():
        return torch.export.export(model.eval().requires_grad_(False), example, strict=False,
                                   dynamic_shapes=shapes or tuple({0: BATCH} for _ in example))


def stages_of(program, count, inputs=("x",), outputs=("y",), limit=None):
    """In `count` stages, or as few as the limit allows."""
    module = functional_graph(program)
    anatomy = Anatomy(module)
    shares = Shares(anatomy, places(anatomy))
    return split(module, anatomy, shares.cut(count or shares.fewest_stages(limit), limit), inputs, outputs)


def call(stages, values):
    """One after another, by names; what the last gives."""
    known = dict(values)
    for one in stages:
        given = one.module(*(known[name] for name in one.takes))
        known |= zip(one.gives, given, strict=True)
    return [known[name] for name in stages[-1].gives]


class Block(nn.Module):
    """With a residual, as a transformer's layer has: in its middle two values cross, one of them four times as wide."""

    def __init__(self, width=16):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return x + self.down(self.up(self.norm(x)).relu())


class Layers(nn.Module):
    """Token ids and a mask, which each layer uses, to the logits of tied weights."""

    def __init__(self):
        super().__init__()
        self.table, self.blocks = nn.Embedding(40, 16), nn.ModuleList(Block() for _ in range(6))
        self.head = nn.Linear(16, 40, bias=False)
        self.head.weight = self.table.weight
        self.register_buffer("steps", torch.arange(32.0))

    def forward(self, ids, mask):
        places = self.steps[: ids.shape[1]] * mask
        x = self.table(ids)
        for block in self.blocks:
            x = block(x) * places.cos().unsqueeze(-1)
        return self.head(x), x.sum(dim=1)


class CutTest(unittest.TestCase):
    def test_shares_are_equal_and_one_value_crosses(self):
        program = exported(nn.Sequential(*(Block() for _ in range(8))), torch.ones(4, 16))
        for count in (2, 4, 8):
            stages = stages_of(program, count)
            self.assertEqual([one.weight_bytes() for one in stages], [stages[0].weight_bytes()] * count)
            self.assertEqual([(one.takes, one.gives) for one in stages],
                             [([f"carried{k - 1}"] if k else ["x"], [f"carried{k}"] if k < count - 1 else ["y"]) for k in range(count)])
            self.assertTrue(all(one.example()[0].shape[1:] == (16,) for one in stages))

    def test_a_narrow_place_is_worth_a_little_balance_and_not_more(self):
        layers = [nn.Linear(16, 64), nn.Linear(64, 64), nn.Linear(64, 16), nn.Linear(16, 48)]
        cut = stages_of(exported(nn.Sequential(*layers), torch.ones(4, 16)), 2)
        self.assertEqual(cut[1].example()[0].shape[1], 64)  # after the narrow place there is too little
        layers = [nn.Linear(16, 64), nn.Linear(64, 16), nn.Linear(16, 72)]
        cut = stages_of(exported(nn.Sequential(*layers), torch.ones(4, 16)), 2)
        self.assertEqual(cut[1].example()[0].shape[1], 16)

    def test_what_depends_on_inputs_alone_and_sizes_do_not_cross(self):
        length = torch.export.Dim("length", min=1, max=32)
        model = Layers()
        program = exported(model, torch.ones(4, 8, dtype=torch.int64), torch.ones(4, 8), shapes=({0: BATCH, 1: length},) * 2)
        stages = stages_of(program, 3, ("ids", "mask"), ("logits", "sums"))
        self.assertEqual([one.takes for one in stages], [["ids", "mask"], ["carried0", "mask"], ["carried1", "mask"]])
        self.assertEqual([one.gives for one in stages], [["carried0"], ["carried1"], ["logits", "sums"]])
        for size in ((1, 1), (3, 32), (2, 7)):
            ids, mask = torch.randint(0, 40, size), torch.rand(size)
            for ours, theirs in zip(call(stages, {"ids": ids, "mask": mask}), model(ids, mask), strict=True):
                self.assertTrue(torch.equal(ours, theirs))

    def test_a_weight_that_two_stages_use_has_one_name(self):
        program = exported(Layers(), torch.ones(4, 8, dtype=torch.int64), torch.ones(4, 8))
        first, last = ({node.target for node in one.module.graph.find_nodes(op="get_attr")}
                       for one in stages_of(program, 2, ("ids", "mask"), ("logits", "sums")))
        self.assertEqual(len(first & last & {"table.weight", "head.weight"}), 1)
        self.assertEqual(len((first | last) & {"table.weight", "head.weight"}), 1)

    def test_values_of_any_earlier_stage_and_names_that_are_taken(self):
        class Skips(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))

            def forward(self, x):
                first = self.layers[0](x)
                turned = self.layers[1](first).t()
                return self.layers[2](turned.t()) + first, first, x

        model, x = Skips(), torch.randn(5, 8)
        stages = stages_of(exported(model, torch.ones(4, 8)), 3, ("carried1",), ("a", "carried0", "c"))
        self.assertEqual([one.takes for one in stages], [["carried1"], ["carried2"], ["carried2", "carried3", "carried1"]])
        self.assertEqual([one.gives for one in stages], [["carried2"], ["carried3"], ["a", "carried0", "c"]])
        for ours, theirs in zip(call(stages, {"carried1": x}), model(x), strict=True):
            self.assertTrue(torch.equal(ours, theirs))
        self.assertTrue(stages[1].module(model.layers[0](x))[0].is_contiguous())

    def test_inputs_that_a_model_writes_to(self):
        class Writes(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

            def forward(self, x):
                return self.second(self.first(x.add_(1)) + x)

        model, x = Writes(), torch.randn(5, 8)
        stages = stages_of(exported(model, torch.ones(4, 8)), 2)
        self.assertTrue(torch.equal(call(stages, {"x": x.clone()})[0], model(x.clone())))

    def test_as_few_stages_as_the_limit_allows(self):
        program = exported(nn.Sequential(*(nn.Linear(16, 16, bias=False) for _ in range(6))), torch.ones(4, 16))
        for limit, expected in ((6 << 10, [6]), ((6 << 10) - 1, [3, 3]), (3 << 10, [3, 3]), (2 << 10, [2, 2, 2]), (1 << 10, [1] * 6)):
            self.assertEqual([one.weight_bytes() >> 10 for one in stages_of(program, None, limit=limit)], expected)
        with self.assertRaisesRegex(ExportError, "--stage-bytes 1023: what cannot be cut further has 1024 bytes of weights"):
            stages_of(program, None, limit=1023)

    def test_what_cannot_be_cut(self):
        with self.assertRaisesRegex(ExportError, "--stages 4: this model can be cut into 3 at most"):
            stages_of(exported(nn.Sequential(*(nn.Linear(8, 8) for _ in range(3))), torch.ones(4, 8)), 4)
        with self.assertRaisesRegex(ExportError, "--stages 2: this model can be cut into 0 at most"):
            stages_of(exported(nn.ReLU(), torch.ones(4, 8)), 2)

        class Counts(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("calls", torch.zeros(1))

            def forward(self, x):
                self.calls += 1
                return x + self.calls

        with self.assertRaisesRegex(ExportError, "a call changes the model .calls."):
            stages_of(exported(Counts(), torch.ones(4, 8)), 2)


class ModelTest(ExportTest):
    """Stages in eager against the model in eager, to the bit: what is compiled, the exporter compares itself."""

    def qwen3(self, task):
        quiet.silence()
        tokenizer = decoder_tokenizers.make("qwen3", make_small_models.LENGTH)
        return make_small_models.make_folder("qwen3", task, self.here / task, tokenizer=tokenizer)

    def check(self, source, task, *flags):
        options = cli.parse(["--hf", str(source), "--task", task, "--out", "x.pt2", *flags])
        subject = make_subject(options)
        model, example, shapes = export.traced(options, subject)
        program = exported(model, *example, shapes=shapes)
        document = subject.document()
        names = [[one["name"] for one in document[key]] for key in ("inputs", "outputs")]
        for count in (2, 3):
            stages = stages_of(program, count, *names)
            self.assertEqual([one.gives for one in stages], [[f"carried{k}"] for k in range(count - 1)] + [names[1]])
            for size in ((1, 4), (5, 33)):
                padded = make_batch(subject.plan.inputs, size).tensors
                tensors = export._arranged(subject, padded)
                with torch.no_grad():
                    self.assertTrue(torch.equal(call(stages, dict(zip(names[0], tensors, strict=True)))[0], model(*tensors)), (count, size))

    def test_bert(self):
        self.check(folder("bert", "text-classification"), "text-classification", "--no-packed")
        self.check(folder("bert", "embedding"), "embedding", "--packed")

    def test_qwen3(self):
        self.check(self.qwen3("likelihood"), "likelihood", "--packed")
        self.check(self.qwen3("text-classification"), "text-classification", "--no-packed")


class BundleTest(ExportTest):
    def test_a_text_model_with_its_weights_inside(self):
        source = folder("bert", "text-classification")
        said = self.assert_written("--hf", source, "--task", "text-classification", "--stages", "2", "--out", "m.pt2")
        self.assertEqual(signature("m.pt2")["stages"], [
            {"name": "stage0", "takes": ["input_ids"], "gives": ["carried0"]},
            {"name": "stage1", "takes": ["carried0", "token_counts", "token_type_ids"], "gives": ["logits"]}])
        self.assertIn("stage0 1000.0 KiB of weights, carries 1 value of float32 [1, *, 32]\n", said)
        self.assertIn("stage1 87.8 KiB of weights\n", said)
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        plain = AutoTokenizer.from_pretrained(source)(text := "a plain sentence", return_tensors="pt")
        with torch.no_grad():
            expected = AutoModelForSequenceClassification.from_pretrained(source).eval()(**plain).logits
        torch.save(encode("m.pt2", [text], 16), self.here / "inputs.pt")
        Package(self.here / "m.pt2", "cpu").call(self.here)
        torch.testing.assert_close(torch.load("outputs.pt")[0], expected, rtol=1e-5, atol=1e-5)

    def test_any_module_with_its_weights_outside(self):
        """One file for all stages, in which tied weights stand once."""
        (self.here / "layers.py").write_text(LAYERS)
        flags = ["--factory", "layers:make", "--task", "outputs", "--input-spec", "x:float32:[64]", "--out", "m.pt2"]
        said = self.assert_written(*flags, "--stages", "auto", "--stage-bytes", "32KiB", "--weights", "outside")
        self.assertIn("stage1 32.0 KiB of weights", said)
        self.assertEqual([one["takes"] for one in signature("m.pt2")["stages"]], [["x"], ["carried0"]])
        with safe_open("m.safetensors", "pt") as file:
            names = set(file.keys())
        self.assertEqual(len(names), 3)
        self.assertEqual(names, set(Package(self.here / "m.pt2", "cpu").wanted()))
        code, said = run(*flags, "--overwrite", "--stages", "5")
        self.assertEqual(code, 1)
        self.assertIn("--stages 5: this model can be cut into 4 at most, each with weights of its own; m.pt2 was not written",
                      said.splitlines()[-1])


LAYERS = """
import torch

def make():
    torch.manual_seed(1)
    layers = [torch.nn.Linear(64, 64, bias=False) for _ in range(4)]
    layers[3].weight = layers[0].weight
    return torch.nn.Sequential(*layers)
"""


class FlagTest(ExportTest):
    def test_what_is_refused(self):
        for message, flags in (
                ("--stages is for a .pt2", ["--out", "x.pt", "--stages", "2"]),
                ("1: give a number from 2 up, or auto", ["--out", "x.pt2", "--stages", "1"]),
                ("many: give a number from 2 up, or auto", ["--out", "x.pt2", "--stages", "many"]),
                ("--stages auto and --stage-bytes SIZE need each other", ["--out", "x.pt2", "--stages", "auto"]),
                ("--stages auto and --stage-bytes SIZE need each other", ["--out", "x.pt2", "--stages", "2", "--stage-bytes", "1GiB"]),
                ("--stages auto and --stage-bytes SIZE need each other", ["--out", "x.pt2", "--stage-bytes", "1GiB"]),
                ("0GiB: give bytes, as in 70GiB", ["--out", "x.pt2", "--stages", "auto", "--stage-bytes", "0GiB"]),
                ("7GB: give bytes, as in 70GiB", ["--out", "x.pt2", "--stages", "auto", "--stage-bytes", "7GB"])):
            with self.subTest(flags=flags):
                self.assert_refused(2, message, "--hf", "x", "--task", "embedding", *flags)

    def test_sizes(self):
        for text, size in (("70GiB", 70 << 30), ("1.5KiB", 1536), ("100", 100), ("2TiB", 2 << 40)):
            options = cli.parse(["--hf", "x", "--task", "embedding", "--out", "x.pt2", "--stages", "auto", "--stage-bytes", text])
            self.assertEqual((options.stages, options.stage_bytes), (0, size))


if __name__ == "__main__":
    unittest.main()
