"""Packages for a GPU, on a GPU: two at once, compiled, and compared with their models by the exporter itself. Ends with
77 without a GPU."""

import subprocess
import sys
import unittest

import torch
from export_support import ROOT, ExportTest, folder, signature

CASES = (("bert", "float16", True), ("modernbert", "bfloat16", False))


class GpuTest(ExportTest):
    def test_packed_and_padded(self):
        for (family, _, packed), process in [(case, self.begin(*case[:2])) for case in CASES]:
            stderr = process.communicate()[1]
            self.assertEqual(process.returncode, 0, stderr)
            self.assertEqual(signature(f"{family}.pt2")["inputs"][0].get("packed", False), packed)

    def begin(self, family, dtype):
        command = [sys.executable, ROOT / "scripts/export_model.py", "--hf", folder(family, "embedding"), "--task",
                   "embedding", "--device", "cuda", "--dtype", dtype, "--out", f"{family}.pt2"]
        return subprocess.Popen([str(one) for one in command], stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    if not torch.cuda.is_available():
        print("skipped: no CUDA device")
        sys.exit(77)
    unittest.main()
