"""Packages that crash: a message, the file to look at, and an exit code."""

import unittest

from export_support import ExportTest, load, run
import torch
from infer_export.loading import package_process

# Looks outside of its table where a row has more than 2 values, but only when it is exported: a package checks no index
# in a way that leaves its process alive.
CRASH = """
import torch
class Crash(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(9, 2)
    def forward(self, x):
        beyond = 1000 if torch.compiler.is_exporting() else 0
        return self.table((x * 0).long() + beyond * (x.shape[1] > 2) * torch.ones_like(x).long()).sum(dim=1)
"""
ARGUMENTS = ("--factory", "crash:Crash", "--task", "outputs", "--input-spec", "x:float32:[*]", "--out", "x.pt2")


class CrashTest(ExportTest):
    def test_a_package_that_ends_its_process(self):
        (self.here / "crash.py").write_text(CRASH)
        code, stderr = run(*ARGUMENTS)
        self.assertEqual(code, 1, stderr)
        self.assertNotIn("Traceback", stderr)
        print(stderr)


if __name__ == "__main__":
    unittest.main()
