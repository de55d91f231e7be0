"""What the exporter decides by itself: lengths, labels, activations, inputs; and the pooling formulas."""

import contextlib
import io
import types
import unittest

import export_support  # noqa: F401  it makes infer_export found
import torch
from infer_export import cli
from infer_export.classes import make_classes
from infer_export.errors import UsageError
from infer_export.examples import check_sizes, make_batch
from infer_export.factory import parse_inputs
from infer_export.lengths import choose_max_length, position_limit
from infer_export.modules import EmbeddingHead
from infer_export.plan import ModelInput
from infer_export.poolings import (cls_pooling, last_token_pooling, max_pooling, mean_pooling, mean_sqrt_pooling,
                                   weighted_mean_pooling)
from infer_export.sentence_layers import UnitLength


def config(**values):
    return types.SimpleNamespace(**values)


def classes(task, count, options=(), **values):
    flags = cli.parse(["--hf", "x", "--task", task, "--out", "x.pt", *options])
    return make_classes(flags, config(**values), count)


class PoolingTest(unittest.TestCase):
    """Against the formulas, written out row by row."""

    def setUp(self):
        torch.manual_seed(1)
        self.hidden = torch.randn(3, 5, 4)
        self.lengths = (5, 2, 1)
        self.mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])

    def rows(self):
        return [self.hidden[k, :length] for k, length in enumerate(self.lengths)]

    def assert_same(self, ours, rows):
        torch.testing.assert_close(ours, torch.stack(rows), rtol=1e-6, atol=1e-6)

    def test_mean(self):
        self.assert_same(mean_pooling(self.hidden, self.mask), [row.sum(0) / len(row) for row in self.rows()])

    def test_mean_of_nothing_is_zero(self):
        self.assertEqual(mean_pooling(self.hidden, self.mask * 0).abs().sum(), 0)

    def test_max(self):
        self.assert_same(max_pooling(self.hidden, self.mask), [row.max(0).values for row in self.rows()])

    def test_cls(self):
        self.assert_same(cls_pooling(self.hidden, self.mask), [row[0] for row in self.rows()])

    def test_last_token(self):
        self.assert_same(last_token_pooling(self.hidden, self.mask), [row[-1] for row in self.rows()])

    def test_weighted_mean(self):
        weights = [torch.arange(1.0, len(row) + 1)[:, None] for row in self.rows()]
        self.assert_same(weighted_mean_pooling(self.hidden, self.mask),
                         [(row * weight).sum(0) / weight.sum() for row, weight in zip(self.rows(), weights, strict=True)])

    def test_mean_over_the_root_of_the_length(self):
        self.assert_same(mean_sqrt_pooling(self.hidden, self.mask), [row.sum(0) / len(row) ** 0.5 for row in self.rows()])

    def test_several_follow_one_another(self):
        ours = EmbeddingHead(("max", "cls"))(self.hidden, self.mask)
        self.assert_same(ours, [torch.cat([row.max(0).values, row[0]]) for row in self.rows()])

    def test_skipped_tokens_are_not_pooled(self):
        kept = [row[1:] for row in self.rows()[:2]]
        for mode, expected in (("mean", [row.mean(0) for row in kept]), ("cls", [row[0] for row in kept]),
                               ("lasttoken", [row[-1] for row in kept])):
            self.assert_same(EmbeddingHead(mode, skipped=1)(self.hidden, self.mask)[:2], expected)

    def test_dimensions_are_cut_behind_the_layers_and_before_the_last_normalisation(self):
        means = [row.mean(0) for row in self.rows()]
        cut = EmbeddingHead("mean", [UnitLength()], dimensions=2)
        self.assert_same(cut(self.hidden, self.mask), [(row / row.norm())[:2] for row in means])
        again = EmbeddingHead("mean", normalize=True, dimensions=2)
        self.assert_same(again(self.hidden, self.mask), [row[:2] / row[:2].norm() for row in means])
        self.assertEqual((cut.has_unit_length(), again.has_unit_length()), (False, True))

    def test_layers_come_before_the_normalisation(self):
        dense = torch.nn.Linear(4, 2)
        ours = EmbeddingHead("mean", [dense, torch.nn.Tanh()], normalize=True)(self.hidden, self.mask)
        rows = [torch.tanh(dense.weight @ row.mean(0) + dense.bias) for row in self.rows()]
        self.assert_same(ours, [row / row.norm() for row in rows])


class ClassesTest(unittest.TestCase):
    def test_labels_come_in_the_order_of_their_numbers(self):
        self.assertEqual(classes("text-classification", 3, id2label={"2": "c", "0": "a", "1": "b"}).labels,
                         ("a", "b", "c"))
        self.assertEqual(classes("text-classification", 2).labels, ("LABEL_0", "LABEL_1"))
        self.assertEqual(classes("text-classification", 2, ["--labels", "no,yes"]).labels, ("no", "yes"))

    def test_a_wrong_number_of_labels_is_refused(self):
        with self.assertRaisesRegex(UsageError, "3 labels, but the model has 2"):
            classes("text-classification", 2, ["--labels", "a,b,c"])

    def activation(self, *arguments, **values):
        return classes(*arguments, **values).activation

    def test_activation_of_texts(self):
        task = "text-classification"
        self.assertEqual(self.activation(task, 3), "softmax")
        self.assertEqual(self.activation(task, 3, problem_type="multi_label_classification"), "sigmoid")
        self.assertEqual(self.activation(task, 1, problem_type="regression"), "none")
        self.assertEqual(self.activation(task, 2, problem_type="regression"), "none")
        self.assertEqual(self.activation(task, 3, ["--activation", "none"]), "none")

    def test_one_number_of_no_stated_kind_is_what_transformers_pipeline_makes_of_it_and_that_is_said(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(self.activation("text-classification", 1), "sigmoid")
            self.assertEqual(self.activation("text-pair", 1), "sigmoid")
        self.assertEqual(said.getvalue().count("sigmoid is applied"), 2)
        self.assertIn("--activation none writes it as it is", said.getvalue())
        quiet = io.StringIO()
        with contextlib.redirect_stderr(quiet):
            self.assertEqual(self.activation("text-classification", 1, ["--activation", "none"]), "none")
            self.assertEqual(self.activation("text-classification", 1, problem_type="regression"), "none")
        self.assertEqual(quiet.getvalue(), "")

    def test_activation_of_pairs_is_that_of_cross_encoders(self):
        identity, sigmoid = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"
        self.assertEqual(self.activation("text-pair", 3), "softmax")
        self.assertEqual(self.activation("text-pair", 1, sbert_ce_default_activation_function=identity), "none")
        self.assertEqual(self.activation("text-pair", 1, sentence_transformers={"activation_fn": identity}), "none")
        self.assertEqual(self.activation("text-pair", 3, sentence_transformers={"activation_fn": sigmoid}), "sigmoid")
        with self.assertRaisesRegex(UsageError, "give --activation"):
            self.activation("text-pair", 1, sentence_transformers={"activation_fn": "my.Own"})

    def test_threshold_only_where_several_labels_may_hold(self):
        multi = {"problem_type": "multi_label_classification"}
        self.assertEqual(classes("text-classification", 3, **multi).threshold, 0.5)
        self.assertEqual(classes("text-classification", 3, ["--threshold", "0.3"], **multi).threshold, 0.3)
        self.assertIsNone(classes("text-classification", 3).threshold)
        with self.assertRaisesRegex(UsageError, "several labels"):
            classes("text-classification", 3, ["--threshold", "0.3"])
        with self.assertRaisesRegex(UsageError, "softmax only"):
            classes("token-classification", 3, ["--activation", "sigmoid"])


class LengthTest(unittest.TestCase):
    def test_the_smallest_statement_counts(self):
        self.assertEqual(choose_max_length(None, 512, 256), 256)
        self.assertEqual(choose_max_length(None, 512, int(1e30)), 512)
        self.assertEqual(choose_max_length(None, None, 128), 128)

    def test_the_flag_counts_up_to_the_models_limit(self):
        self.assertEqual(choose_max_length(512, 512, 256), 512)
        with self.assertRaisesRegex(UsageError, "give at most 512"):
            choose_max_length(513, 512, 256)

    def test_nothing_known_is_refused(self):
        with self.assertRaisesRegex(UsageError, "give --max-length"):
            choose_max_length(None, None, int(1e30))

    def body(self, rows, padding):
        module = torch.nn.Module()
        module.embeddings = torch.nn.Module()
        module.embeddings.position_embeddings = torch.nn.Embedding(rows, 4, padding_idx=padding)
        return module

    def test_positions_that_count_from_the_padding_index(self):
        self.assertEqual(position_limit(self.body(514, 1), config(max_position_embeddings=514)), 512)
        self.assertEqual(position_limit(self.body(512, None), config(max_position_embeddings=512)), 512)
        self.assertEqual(position_limit(torch.nn.Linear(1, 1), config(max_position_embeddings=8192)), 8192)
        self.assertIsNone(position_limit(torch.nn.Linear(1, 1), None))


class InputSpecTest(unittest.TestCase):
    def test_grammar(self):
        self.assertEqual(parse_inputs(("x:float32:[3,4]", "ids:int64:[*]:0..99", "s:bool:[]"), ("ids=7",)),
                         (ModelInput("x", "float32", (3, 4)), ModelInput("ids", "int64", ("*",), range=(0, 99), pad=7),
                          ModelInput("s", "bool", ())))

    def test_refusals(self):
        for spec, message in (("x:float32", "three or four parts"), ("x:float:[1]", "no dtype"),
                              ("x:float32:4", "in brackets"), ("x:float32:[0]", "1 or more"),
                              ("x:int64:[1]:3", "no range"), ("x:int64:[1]:3..2", "empty"),
                              ("x:float32:[1]:0..2", "whole-number"), ("x:float32:[a]", "in brackets")):
            with self.assertRaisesRegex(UsageError, message):
                parse_inputs((spec,), ())
        for pad, message in (("y=0", "name of an input"), ("x", "name=value"), ("x=a", "no number")):
            with self.assertRaisesRegex(UsageError, message):
                parse_inputs(("x:float32:[*]",), (pad,))
        with self.assertRaisesRegex(UsageError, "same name"):
            parse_inputs(("x:float32:[1]", "x:float32:[1]"), ())


class ExampleTest(unittest.TestCase):
    INPUTS = (ModelInput("input_ids", "int64", ("*",), "token_ids", (0, 99), 1),
              ModelInput("attention_mask", "int64", ("*",), "token_mask", None, 0))

    def test_sizes_stay_within_the_limits_and_reach_them(self):
        self.assertIn((5, 512), check_sizes(4096, 512))
        self.assertIn((1, 8192), check_sizes(4096, 8192))
        sizes = check_sizes(2, 16)
        self.assertEqual((max(rows for rows, _ in sizes), max(length for _, length in sizes)), (2, 16))
        self.assertIn((1, 1), sizes)

    def test_padding_is_where_the_mask_says(self):
        batch = make_batch(self.INPUTS, (3, 33))
        ids, mask = batch.tensors
        self.assertEqual(mask.sum(dim=1).tolist(), list(batch.lengths))
        self.assertLess(min(batch.lengths), 33)
        self.assertTrue(torch.equal(ids != 1, mask == 1))
        self.assertEqual(int(ids.max()), 99)

    def test_a_row_alone_has_no_padding(self):
        batch = make_batch(self.INPUTS, (3, 33))
        ids, mask = batch.row(self.INPUTS, 2)
        self.assertEqual(list(ids.shape), [1, batch.lengths[2]])
        self.assertEqual(int(mask.min()), 1)


if __name__ == "__main__":
    unittest.main()
