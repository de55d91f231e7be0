"""Packages that crash: a message, the file to look at, and an exit code."""

import unittest

import torch
from export_support import ExportTest, run
from infer_export.loading import last_words, package_process

# From 3 values on, looks outside of its table, but only when it is exported: a package's process does not survive that.
CRASH = """
import torch
class Crash(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(9, 2)
    def forward(self, x):
        beyond = 1000 * (x.shape[1] // 3) if torch.compiler.is_exporting() else 0
        return self.table((x * 0).long() + beyond).sum(dim=1)
"""


class CrashTest(ExportTest):
    def test_a_package_that_ends_its_process(self):
        (self.here / "crash.py").write_text(CRASH)
        (self.here / "x.pt2.rejected").write_text("of an earlier time")
        code, stderr = run("--factory", "crash:Crash", "--task", "outputs", "--input-spec", "x:float32:[*]", "--out", "x.pt2")
        self.assertEqual(code, 1, stderr)
        self.assertRegex(stderr.splitlines()[-1],
                         r"^export_model: the exported model fails at batch 1, length 7: it ended its process by SIGABRT \(.*ind.*"
                         r"\); the package is kept as x\.pt2\.rejected; x\.pt2 was not written$")
        self.assertNotIn("Traceback", stderr)
        self.assertEqual([path.name for path in self.files()], ["crash.py", "x.pt2.rejected"])
        self.assert_runs(self.here / "x.pt2.rejected")

    def assert_runs(self, package):
        """Where it does not crash: what was kept is the package."""
        work = self.here / "work"
        work.mkdir()
        (work / "x.pt2").symlink_to(package)
        with package_process(work / "x.pt2", "cpu", self.here / "again.rejected") as call:
            self.assertEqual(list(call(torch.zeros(2, 2))[0].shape), [2, 2])
            with self.assertRaisesRegex(RuntimeError, "shape|dimension|input"):  # a failure that it survives
                call(torch.zeros(2))
            self.assertEqual(list(call(torch.zeros(1, 1))[0].shape), [1, 2])

    def test_what_a_process_said_last(self):
        self.assertEqual(last_words("a\nterminate called\n  what():  out of range\nframe #1\n\n"), "out of range")
        self.assertEqual(last_words("a\n b \n\n"), "b")
        self.assertEqual(last_words(""), "")


if __name__ == "__main__":
    unittest.main()
