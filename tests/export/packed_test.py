"""Texts without padding between them: which models can, that they give the same, and what is refused."""

import unittest

from export_support import ExportTest, folder, signature
import torch
from infer_export import cli
from infer_export.bundle_plan import make_subject
from infer_export.examples import make_batch
from infer_export.layouts import UNIT
from infer_export.packed import pack
from infer_export.plan import ModelInput
from infer_export.pooling_table import POOLINGS
from infer_export.poolings import PACKED_POOLINGS

PACKABLE = ("bert", "minilm", "distilbert", "roberta", "xlm-roberta")


def subject_of(family, task, *flags):
    return make_subject(cli.parse(["--hf", str(folder(family, task)), "--task", task, "--out", "x.pt2", *flags]))


class SameResultsTest(unittest.TestCase):
    def test_every_family_that_can(self):
        for family in PACKABLE:
            for task in ("embedding", "text-classification", "text-pair"):
                with self.subTest(family=family, task=task):
                    self.compare(subject_of(family, task))

    def compare(self, subject):
        self.assertIsNotNone(subject.packed)
        for size in ((1, 1), (5, 17), (3, 64)):
            tensors = make_batch(subject.plan.inputs, size).tensors
            with torch.no_grad():
                expected = subject.model(*tensors)
                got = subject.packed(*pack(subject.plan.inputs, tensors))
            torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)

    def test_each_pooling(self):
        for pooling in POOLINGS:
            self.compare(subject_of("bert", "embedding", "--pooling", pooling))

    def test_those_that_look_elsewhere_stay_padded(self):
        for family, task in (("deberta-v2", "embedding"), ("modernbert", "embedding"), ("bert", "token-classification")):
            self.assertIsNone(subject_of(family, task).packed, family)

    def test_only_where_it_pays(self):
        self.assertIsNone(subject_of("bert", "embedding", "--no-packed").packed)
        self.assertIsNone(subject_of("bert", "embedding", "--format", "pt").packed)


class PoolingTest(unittest.TestCase):
    """Against the formulas, written out text by text."""

    def test_each(self):
        torch.manual_seed(1)
        hidden = torch.randn(12, 4)
        spans = ((0, 5), (5, 6), (6, 9))
        begins, ends = (torch.tensor(places) for places in zip(*spans, strict=True))
        rows = [hidden[begin:end] for begin, end in spans]
        formulas = {"mean": lambda row: row.mean(0), "max": lambda row: row.max(0).values, "cls": lambda row: row[0],
                    "lasttoken": lambda row: row[-1], "mean_sqrt_len_tokens": lambda row: row.sum(0) / len(row) ** 0.5,
                    "weightedmean": lambda row: (row * torch.arange(1, len(row) + 1)[:, None]).sum(0) /
                    sum(range(1, len(row) + 1))}
        self.assertEqual(formulas.keys(), PACKED_POOLINGS.keys())
        for mode, formula in formulas.items():
            torch.testing.assert_close(PACKED_POOLINGS[mode](hidden, begins, ends - begins),
                                       torch.stack([formula(row) for row in rows]))


    def test_no_digit_depends_on_the_rest_of_the_batch(self):
        torch.manual_seed(2)
        counts = torch.randint(1, 60, (40,))
        begins = counts.cumsum(0) - counts
        hidden = torch.randn(int(counts.sum()) + UNIT, 96)
        for mode, formula in PACKED_POOLINGS.items():
            together = formula(hidden, begins, counts)
            for text, (begin, count) in enumerate(zip(begins.tolist(), counts.tolist(), strict=True)):
                alone = formula(hidden[begin : begin + count], torch.tensor([0]), torch.tensor([count]))
                self.assertTrue(torch.equal(alone[0], together[text]), mode)


class PackTest(unittest.TestCase):
    def test_texts_follow_one_another_and_the_end_is_filled(self):
        inputs = (ModelInput("input_ids", "int64", ("*",), "token_ids", (0, 9), 7),
                  ModelInput("attention_mask", "int64", ("*",), "token_mask", None, 0))
        ids, counts = pack(inputs, (torch.tensor([[1, 2, 3], [4, 7, 7]]), torch.tensor([[1, 1, 1], [1, 0, 0]])))
        self.assertEqual(ids.tolist(), [1, 2, 3, 4] + [7] * (UNIT - 4))
        self.assertEqual(counts.tolist(), [3, 1])


class BundleTest(ExportTest):
    def test_a_classifier(self):
        source = folder("bert", "text-classification")
        self.assert_written("--hf", source, "--task", "text-classification", "--packed", "--out", "model.pt2")
        inputs = {one["name"]: one for one in signature("model.pt2")["inputs"]}
        self.assertEqual({name: one.get("packed", False) for name, one in inputs.items()},
                         {"input_ids": True, "token_counts": False, "token_type_ids": True})
        self.assertEqual((inputs["token_counts"]["from"], inputs["token_counts"]["shape"]), ("token_count", []))

    def test_refusals(self):
        source = folder("deberta-v2", "embedding")
        arguments = ("--hf", source, "--task", "embedding", "--packed", "--out")
        self.assert_refused(2, "--packed: the model", *arguments, "model.pt2")
        self.assert_refused(2, "--packed: the model", *arguments, "model.pt")
        self.assert_refused(2, "results are per token", "--hf", folder("bert", "token-classification"), "--task",
                            "token-classification", "--packed", "--out", "model.pt2")


if __name__ == "__main__":
    unittest.main()
