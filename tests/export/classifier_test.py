"""--head: a linear classifier on a sentence encoder's vectors."""

import unittest

import numpy as np
import torch
from export_support import ExportTest, encode, folder, run, signature
from infer_export import cli
from infer_export.bundle_plan import make_subject
from infer_export.examples import make_batch
from infer_export.packed import pack
from torch import nn

LABELS = ("bad", "fair", "good")
TEXTS = ["a plain sentence", "", "hello world " * 7]


class HeadTest(ExportTest):
    def setUp(self):
        super().setUp()
        self.encoder = folder("minilm", "embedding")
        self.width = make_subject(self.options("embedding")).plan.outputs[0].shape[0]
        generator = np.random.default_rng(5)
        self.weight = generator.normal(size=(len(LABELS), self.width)).astype(np.float32)
        self.bias = generator.normal(size=len(LABELS)).astype(np.float32)
        np.savez("head.npz", weight=self.weight, bias=self.bias)

    def options(self, task, *flags):
        return cli.parse(["--hf", str(self.encoder), "--task", task, "--out", "x.pt2", *flags])

    def flags(self, *more):
        return ["--hf", self.encoder, "--task", "text-classification", "--head", "head.npz", "--out", "x.pt", *more]

    def expected_logits(self, *flags):
        """The head on the vectors that --task embedding gives."""
        encoder = make_subject(self.options("embedding", *flags))
        tensors = make_batch(encoder.plan.inputs, (4, 11)).tensors
        with torch.no_grad():
            return tensors, encoder.model(*tensors) @ torch.from_numpy(self.weight).T + torch.from_numpy(self.bias)

    def test_logits_are_the_head_on_the_embedding_with_and_without_padding(self):
        for flags in ((), ("--pooling", "cls"), ("--normalize",), ("--no-normalize", "--pooling", "max")):
            with self.subTest(flags=flags):
                tensors, expected = self.expected_logits(*flags)
                subject = make_subject(self.options("text-classification", "--head", "head.npz", *flags))
                self.assertIsNotNone(subject.packed)
                with torch.no_grad():
                    torch.testing.assert_close(subject.model(*tensors), expected, rtol=1e-5, atol=1e-5)
                    packed = subject.packed(*pack(subject.plan.inputs, tensors))
                torch.testing.assert_close(packed, expected, rtol=1e-5, atol=1e-5)

    def test_the_bundle_is_a_classifier(self):
        self.assert_written(*self.flags("--labels", ",".join(LABELS)))
        written = signature("x.pt")
        self.assertEqual(written["task"], "classification")
        self.assertEqual(tuple(written["classes"]["labels"]), LABELS)
        self.assertEqual(written["origin"]["head"], "linear")
        self.assert_written("--hf", self.encoder, "--task", "embedding", "--out", "e.pt")
        inputs = encode("x.pt", TEXTS, 16)
        vectors = torch.jit.load("e.pt")(*encode("e.pt", TEXTS, 16))
        head = nn.Linear(self.width, len(LABELS))
        head.load_state_dict({"weight": torch.from_numpy(self.weight), "bias": torch.from_numpy(self.bias)})
        torch.testing.assert_close(torch.jit.load("x.pt")(*inputs), head(vectors), rtol=1e-4, atol=1e-5)

    def test_without_labels_they_are_numbered(self):
        self.assert_written(*self.flags())
        self.assertEqual(signature("x.pt")["classes"]["labels"], ["LABEL_0", "LABEL_1", "LABEL_2"])

    def test_refusals(self):
        np.savez("wide.npz", weight=np.zeros((3, self.width + 1)), bias=np.zeros(3))
        np.savez("one.npz", weight=np.zeros((1, self.width)), bias=np.zeros(1))
        np.savez("flat.npz", weight=np.zeros(self.width), bias=np.zeros(3))
        np.savez("other.npz", coef=np.zeros((3, self.width)))
        np.savez("pickled.npz", weight=np.array([object()]), bias=np.zeros(3))
        np.save("array.npy", self.weight)
        (self.here / "text.npz").write_text("no archive")
        for name, message in (("wide.npz", f"for vectors of {self.width + 1} values, but the encoder gives {self.width}"),
                              ("one.npz", "one row, as scikit-learn writes"), ("flat.npz", "weight has the shape"),
                              ("other.npz", "cannot read it (KeyError)"), ("pickled.npz", "cannot read it (ValueError)"),
                              ("text.npz", "cannot read it"), ("array.npy", "cannot read it"),
                              ("missing.npz", "cannot read it (FileNotFoundError)")):
            with self.subTest(name=name):
                self.assert_refused(2, message, *self.flags("--head", name))
        for flags in (["--hf", self.encoder, "--task", "embedding"], ["--factory", "a:b", "--task", "text-classification"]):
            code, stderr = run(*flags, "--head", "head.npz", "--out", "x.pt")
            self.assertEqual(code, 2, stderr)
            self.assertIn("--head is for --hf with --task image-classification or text-classification", stderr)


if __name__ == "__main__":
    unittest.main()
