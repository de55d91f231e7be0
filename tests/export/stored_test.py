"""Weights that are stored in half precision: when they stay so in memory, and that the model is computed in float32 all the
same; what an export says of its memory."""

import pathlib
import subprocess
import sys
import time
import unittest
from unittest import mock

import torch
from export_support import ExportTest, stored_in
from infer_export import cli, likelihood, memory, quiet, stored
from infer_export.bundle_plan import make_subject
from infer_export.examples import make_batch

import make_small_models  # isort: skip (export_support sets the path)


class StoredTest(ExportTest):
    def small(self, family, task="embedding"):
        quiet.silence()
        return make_small_models.make_folder(family, task, self.here / f"{family}-{task}")

    def options(self, source, *flags, task="embedding"):
        return cli.parse(["--hf", str(source), "--task", task, "--out", "x.pt2", *flags])

    def subject(self, options):
        with stored.as_float32(stored.stored_half(options)):
            return make_subject(options)


class ChoiceTest(StoredTest):
    def test_where_they_are_to_be_written_as_they_are_stored(self):
        plain, half = self.small("qwen3"), stored_in(torch.bfloat16, self.small("qwen2"))
        outside = ("--weights", "outside", "--dtype", "bfloat16")
        for source, flags, expected in (
                (half, outside, torch.bfloat16), (plain, outside, None), (half, outside[:2], None), (half, outside[2:], None),
                (half, (*outside[:2], "--dtype", "float16"), None), (half, ("--weights", "inside", *outside[2:]), None),
                (half, (*outside[2:], "--format", "pt"), None), ("name/on-the-hub", outside, None)):
            with self.subTest(flags=flags):
                self.assertEqual(stored.stored_half(self.options(source, *flags)), expected)
        with mock.patch.object(stored, "LARGE", 1000):
            self.assertEqual(stored.stored_half(self.options(half, *outside[2:])), torch.bfloat16)
            self.assertIsNone(stored.stored_half(self.options(half, *outside[2:], "--quantize", "int8")))

    def test_what_cannot_be_read_is_left_to_who_loads_it(self):
        flags = ("--hf", self.here / "broken", "--task", "embedding", "--dtype", "bfloat16", "--weights", "outside", "--out", "x.pt2")
        source = stored_in(torch.bfloat16, self.small("qwen2"))
        source.rename(self.here / "broken")
        for broken in (b"", b"words and words", (2).to_bytes(8, "little") + b"[]", (9).to_bytes(8, "little") + b'{"a": {}}'):
            (self.here / "broken/model.safetensors").write_bytes(broken)
            self.assert_refused(2, "cannot load", *flags)

    def test_not_where_buffers_would_be_rounded(self):
        source = stored_in(torch.bfloat16, self.small("gemma3_text"))
        subject = self.subject(self.options(source, "--weights", "outside", "--dtype", "bfloat16"))
        self.assertEqual({one.dtype for one in subject.model.body.parameters()}, {torch.float32})


class ComputedTest(StoredTest):
    def test_mapped_weights_give_what_float32_gives(self):
        for task in ("embedding", "likelihood"):
            source = stored_in(torch.bfloat16, self.small("qwen3", task))
            with mock.patch.object(likelihood, "PIECE", 1500):
                exact, subject = (self.subject(self.options(source, "--weights", "outside", "--dtype", dtype, task=task))
                                  for dtype in ("float32", "bfloat16"))
                weights = list(subject.model.body.parameters())
                self.assertEqual({one.dtype for one in weights}, {torch.bfloat16})
                self.assertTrue(all(map(is_mapped, weights)))
                self.assertIsNotNone(subject.packed)
                tensors = make_batch(subject.plan.inputs, (3, 33)).tensors
                with torch.no_grad():
                    expected = exact.model(*tensors)
                    with stored.as_float32(torch.bfloat16):
                        torch.testing.assert_close(subject.model(*tensors), expected, rtol=1e-6, atol=1e-6)
                    self.assertFalse(torch.allclose(subject.model(*tensors), expected, rtol=1e-3, atol=1e-3))


def is_mapped(tensor):
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    ends = [[int(end, 16) for end in line.split()[0].split("-")] for line in lines if line.endswith("model.safetensors")]
    return any(begin <= tensor.data_ptr() < end for begin, end in ends)


class MemoryTest(unittest.TestCase):
    def test_children_count(self):
        size = 400 << 20
        with memory.peak_memory() as seen:
            child = subprocess.Popen([sys.executable, "-c", f"kept = b'x' * {size}; print(len(kept), flush=True); input()"],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.assertEqual(int(child.stdout.readline()), size)
            time.sleep(3 * memory.INTERVAL_S)
            child.communicate(b"\n")
        own = 1024 * int(next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines()
                              if line.startswith("RssAnon:")).split()[1])
        self.assertGreater(seen.peak, own * 0.8 + size * 0.8)  # it may have grown by less than what is looked at
        self.assertGreater(seen.from_files, 0)
        self.assertRegex(seen.text(None), r"^peak memory \d+\.\d\d GiB, of which \d+\.\d\d GiB are mapped files")
        self.assertIn(f", {seen.peak / size:.2f} x the weights", seen.text(size))


if __name__ == "__main__":
    unittest.main()
