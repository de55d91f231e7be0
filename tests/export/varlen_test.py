"""Texts packed for a GPU, by operators that are told where each text begins: values, on the CPU, against the padded model,
and what is refused. What is compiled of it: export_cuda_test.py."""

import functools
import itertools
import unittest

import torch
from export_support import ExportTest, folder, signature
from infer_export import cli, varlen
from infer_export.bundle_plan import make_subject
from infer_export.errors import UsageError
from infer_export.examples import make_batch
from infer_export.layouts import UNIT, BoundsLayout
from infer_export.modules import lower_precision
from infer_export.packed import pack
from infer_export.pooling_table import POOLINGS
from packed_test import PACKABLE


def subject_of(family, task, *flags):
    return make_subject(cli.parse(["--hf", str(folder(family, task)), "--task", task, "--device", "cuda", "--out", "x.pt2",
                                   *flags]))


def operators_called(run):
    """Names of the attention operators that run() dispatches to."""
    from torch.utils._python_dispatch import TorchDispatchMode
    called = set()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if "attention" in str(func):
                called.add(func.name().removeprefix("aten::"))
            return func(*args, **(kwargs or {}))

    with Watch():
        run()
    return called


class SameResultsTest(unittest.TestCase):
    def compare(self, subject, dtype=torch.float32):
        self.assertIsNotNone(subject.packed)
        sizes = ((1, 1), (5, 17), (3, 64))
        batches = [make_batch(subject.plan.inputs, size).tensors for size in sizes]
        with torch.no_grad():
            truths = [subject.model(*tensors) for tensors in batches]
            lower_precision(subject.packed, dtype, "cuda")
            for tensors, truth in zip(batches, truths, strict=True):
                with varlen.on_the_host():
                    got = subject.packed(*pack(subject.plan.inputs, tensors))
                if dtype == torch.float32:
                    torch.testing.assert_close(got, truth, rtol=1e-5, atol=1e-5)
                else:
                    self.assertGreater(torch.cosine_similarity(got, truth).min(), 0.999)

    def test_every_family_that_can(self):
        for family in PACKABLE:
            for task in ("embedding", "text-pair"):
                with self.subTest(family=family, task=task):
                    self.compare(subject_of(family, task))

    def test_each_pooling(self):
        for pooling in POOLINGS:
            self.compare(subject_of("bert", "embedding", "--pooling", pooling))

    def test_a_prompt_that_is_not_pooled(self):
        subject = subject_of("bert", "embedding", "--prompt", "query: ")
        subject.packed.head.skipped = 3
        self.compare(subject)

    def test_half_precision(self):
        for dtype in (torch.float16, torch.bfloat16):
            self.compare(subject_of("roberta", "embedding", "--pooling", "mean"), dtype)

    def test_which_operator(self):
        for dtype, operator in ((torch.float32, "_efficient_attention_forward"), (torch.bfloat16, "_flash_attention_forward")):
            subject = subject_of("bert", "text-classification")
            lower_precision(subject.packed, dtype, "cuda")
            packed = pack(subject.plan.inputs, make_batch(subject.plan.inputs, (2, 5)).tensors)
            with torch.no_grad(), varlen.on_the_host():
                self.assertEqual(operators_called(functools.partial(subject.packed, *packed)), {operator})

    def test_the_padded_model_keeps_its_attention(self):
        subject = subject_of("bert", "embedding")
        self.assertEqual(subject.model.body.config._attn_implementation, "sdpa")

    def test_those_that_look_elsewhere_stay_padded(self):
        for family, reason in (("modernbert", "needs sliding_window"), ("deberta-v2", "the model")):
            self.assertIsNone(subject_of(family, "embedding").packed, family)
            with self.assertRaisesRegex(UsageError, f"--packed: .*{reason}"):
                subject_of(family, "embedding", "--packed")

    def test_a_trace_only_when_asked(self):
        self.assertIsNone(subject_of("bert", "embedding", "--format", "pt").packed)
        self.assertIsNone(subject_of("bert", "embedding", "--no-packed").packed)


class OperatorTest(unittest.TestCase):
    """Both operators, with causal masks and keys that queries share, against LibTorch's attention text by text."""

    def setUp(self):
        torch.manual_seed(5)
        self.bounds = torch.tensor([0, 1, 6, 6, 9], dtype=torch.int32)
        self.query = torch.randn(9, 4, 8)
        self.key, self.value = torch.randn(2, 9, 2, 8)

    def expected(self, causal):
        parts = []
        for begin, end in itertools.pairwise(self.bounds):
            q, k, v = (one[begin:end].transpose(0, 1) for one in (self.query, self.key, self.value))
            parts.append(torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=0.3,
                                                                          enable_gqa=True).transpose(0, 1))
        return torch.cat(parts)

    def test_each(self):
        for causal in (False, True):
            for operator in (varlen.flash, varlen.efficient):
                with varlen.on_the_host():
                    got = operator(self.query, self.key, self.value, self.bounds, 5, causal, 0.3)
                torch.testing.assert_close(got, self.expected(causal))

    def test_a_text_that_is_too_long_is_seen(self):
        with varlen.on_the_host(), self.assertRaisesRegex(ValueError, "do not cut 9 tokens into texts of 4 at most"):
            varlen.flash(self.query, self.key, self.value, self.bounds, 4, False, None)

    def test_what_it_cannot_do(self):
        heads = [one.transpose(0, 1).unsqueeze(0) for one in (self.query, self.key, self.value)]
        known = {"cu_seq_lens_q": self.bounds, "max_length_q": 5}
        for mask, more, reason in ((torch.ones(9, 9), known, "a mask"), (None, {}, "a mask"),
                                   (None, known | {"softcap": 3.0}, "softcap")):
            with self.assertRaisesRegex(ValueError, reason):
                varlen.attend(torch.nn.Identity(), *heads, mask, **more)

    def test_widths(self):
        """Flash attention takes heads of 8, 16, ... up to 256 values."""
        for width, operator in ((8, "_flash"), (12, "_efficient"), (256, "_flash"), (264, "_efficient")):
            tensors = torch.randn(3, 9, 2, width).to(torch.float16)
            with varlen.on_the_host():
                called = operators_called(functools.partial(varlen.on_gpu, *tensors, self.bounds, 5, False, None))
            self.assertEqual(called, {operator + "_attention_forward"})

    def test_scripted(self):
        for causal in (False, True):
            got = varlen.scripted(varlen.anywhere)(self.query, self.key, self.value, self.bounds, 5, causal, 0.3)
            torch.testing.assert_close(got, self.expected(causal))


class LayoutTest(unittest.TestCase):
    def test_bounds_end_with_the_filling(self):
        index, counts = torch.arange(16), torch.tensor([3, 1])
        layout = BoundsLayout(max_length=8)
        text = layout.texts(index, counts.cumsum(0))
        self.assertEqual(text.tolist(), [0, 0, 0, 1] + [2] * 12)
        arguments = layout.arguments(text, torch.tensor([0, 3, 4]))
        self.assertEqual(arguments["cu_seq_lens_q"].tolist(), [0, 3, 4, 16])
        self.assertEqual(arguments["max_length_q"], UNIT)  # the filling may be longer than a text


class TraceTest(ExportTest):
    def test_a_trace_chooses_when_it_runs(self):
        """Made and checked on a CPU; what it would call on a GPU is in it."""
        for task, dtype in (("embedding", "bfloat16"), ("text-classification", "float32")):
            name = f"{task}.pt"
            self.assert_written("--hf", folder("roberta", task), "--task", task, "--packed", "--dtype", dtype, "--out", name)
            self.assertTrue(signature(name)["inputs"][0]["packed"])
            operators = torch.jit.export_opnames(torch.jit.load(name))
            self.assertIn("aten::_flash_attention_forward", operators)
            self.assertIn("aten::_efficient_attention_forward", operators)


if __name__ == "__main__":
    unittest.main()
