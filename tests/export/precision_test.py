"""What of a model is lowered to half precision where its weights are."""

import unittest

import torch
from export_support import ExportTest
from infer_export import cli, quiet
from infer_export.bundle_plan import make_subject
from infer_export.modules import lower_precision

import make_small_models  # isort: skip (export_support sets the path)

LONG = 100  # tokens


class LowerTest(ExportTest):
    def test_rotary_frequencies_stay_exact(self):
        """Else the positions of far tokens are off."""
        quiet.silence()
        source = make_small_models.make_folder("qwen3", "embedding", self.here / "qwen3")
        model = make_subject(cli.parse(["--hf", str(source), "--task", "embedding", "--out", "x.pt2", "--no-packed"])).model
        rotary = model.body.rotary_emb
        exact = rotary.inv_freq.clone()
        expected, _ = rotary(torch.zeros(1, LONG, 1), torch.arange(LONG)[None])
        lower_precision(model, torch.bfloat16, "cpu", outside=True)
        self.assertEqual({one.dtype for one in model.body.parameters()}, {torch.bfloat16})
        self.assertTrue(torch.equal(rotary.inv_freq, exact))
        torch.testing.assert_close(rotary(torch.zeros(1, LONG, 1), torch.arange(LONG)[None])[0], expected)


if __name__ == "__main__":
    unittest.main()
