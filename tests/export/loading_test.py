"""Two exports at once, one of them of a package that crashes: a message, the file to look at, and an exit code."""

import subprocess
import sys
import unittest

import torch
from export_support import ROOT, ExportTest, load
from infer_export.loading import last_words, package_process
from infer_export.parity import reason

# From 3 values on, looks outside of its table, but only when it is exported: a package's process does not survive that.
MODULES = """
import torch
class Good(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(9, 2)
    def beyond(self, x):
        return 0
    def forward(self, x):
        return self.table((x * 0).long() + self.beyond(x)).sum(dim=1)
class Crash(Good):
    def beyond(self, x):
        return 1000 * (x.shape[1] // 3) if torch.compiler.is_exporting() else 0
"""
LAST_LINE = (r"^export_model: the exported model fails at batch 1, length 7: it ended its process by SIGABRT \(.*ind.*\); the "
             r"package is kept as crash\.pt2\.rejected; crash\.pt2 was not written$")


class ProcessTest(ExportTest):
    def test_two_at_once(self):
        (self.here / "mine.py").write_text(MODULES)
        (self.here / "crash.pt2.rejected").write_text("of an earlier time")
        good, crash = [self.begin(name) for name in ("Good", "Crash")]
        stderr = good.communicate()[1]
        self.assertEqual(good.returncode, 0, stderr)
        self.assertRegex(stderr, r"about half a minute.*\n.*exported in \d+\.\d s")
        stderr = crash.communicate()[1]
        self.assertEqual(crash.returncode, 1, stderr)
        self.assertRegex(stderr.splitlines()[-1], LAST_LINE)
        self.assertNotIn("Traceback", stderr)
        self.assertEqual([path.name for path in self.files()], ["crash.pt2.rejected", "good.pt2", "mine.py"])
        self.assertEqual(list(load("good.pt2")(torch.zeros(3, 7)).shape), [3, 2])
        self.assert_still_a_package(self.here / "crash.pt2.rejected")

    def test_a_size_that_was_compiled_in(self):
        fixed = RuntimeError("Error in the package\ninput_handles[0]: unmatched dim value at 0, expected: 16, but got: 1\n")
        self.assertEqual(reason(fixed), "the compiler made it for batches of 16 alone; --format pt needs no compiler")
        self.assertEqual(reason(RuntimeError("first\nlast")), "last")
        self.assertEqual(reason(ValueError()), "ValueError")

    def begin(self, name):
        command = [sys.executable, str(ROOT / "scripts/export_model.py"), "--factory", f"mine:{name}", "--task", "outputs",
                   "--input-spec", "x:float32:[*]", "--out", f"{name.lower()}.pt2"]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def assert_still_a_package(self, kept):
        """It runs where it does not crash, also after a call that it refuses."""
        work = self.here / "work"
        work.mkdir()
        (work / "x.pt2").symlink_to(kept)
        with package_process(work / "x.pt2", "cpu", self.here / "again.rejected") as call:
            self.assertEqual(list(call(torch.zeros(2, 2))[0].shape), [2, 2])
            with self.assertRaisesRegex(RuntimeError, "shape|dimension|input"):
                call(torch.zeros(2))
            self.assertEqual(list(call(torch.zeros(1, 1))[0].shape), [1, 2])

    def test_what_a_process_said_last(self):
        self.assertEqual(last_words("a\nterminate called\n  what():  out of range\nframe #1\n\n"), "out of range")
        self.assertEqual(last_words("a\n b \n\n"), "b")
        self.assertEqual(last_words(""), "")


if __name__ == "__main__":
    unittest.main()
