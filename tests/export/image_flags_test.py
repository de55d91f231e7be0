"""Modules of the user's own that take pictures, and what is refused."""

import json
import pathlib
import unittest

import export_support
import image_families
import torch
from export_support import ExportTest, run, signature
from image_families import folder

MODULES = """
import torch

class Redness(torch.nn.Module):
    def forward(self, x):
        means = x.mean(dim=(2, 3))
        return torch.stack([means[:, 0], means[:, 1] + means[:, 2]], dim=1)
"""


class FactoryTest(ExportTest):
    PREPROCESS = {"backend": "pil", "steps": [{"step": "center_square", "part": 7, "whole": 8},
                                              {"step": "resize", "size": [8, 12], "filter": "box"}],
                  "mean": [127, 127, 127], "std": [128, 128, 128]}

    def setUp(self):
        super().setUp()
        (self.here / "module_of_pictures.py").write_text(MODULES)

    def write(self, **changes):
        document = {key: value for key, value in (self.PREPROCESS | changes).items() if value is not None}
        (self.here / "preprocess.json").write_text(json.dumps(document))
        return ("--factory", "module_of_pictures:Redness", "--preprocess", "preprocess.json", "--out", "x.pt")

    def test_takes_pixels_values(self):
        (self.here / "labels.txt").write_text("red, rather\nother\n")
        self.assert_written(*self.write(orient=False), "--task", "image-classification", "--labels", "@labels.txt")
        document = signature("x.pt")
        self.assertEqual(document["image"], {"backend": "pil", "orient": False, "steps": self.PREPROCESS["steps"]})
        self.assertEqual(document["inputs"][0]["shape"], [8, 12, 3])
        self.assertEqual(document["classes"]["labels"], ["red, rather", "other"])
        image = torch.randint(0, 256, (3, 8, 12, 3), dtype=torch.uint8)
        values = ((image.float() - 127) / 128).mean(dim=(1, 2))
        self.assertTrue(torch.allclose(image_families.load(pathlib.Path("x.pt"))(image),
                                       torch.stack([values[:, 0], values[:, 1] + values[:, 2]], dim=1), atol=1e-6))

    def test_is_for_any_task_of_tensors(self):
        for task in ("outputs", "embedding", "image-embedding"):
            self.assert_written(*self.write(), "--task", task, "--overwrite")
            self.assertEqual(signature("x.pt")["task"], task.removeprefix("image-"))

    def test_refuses_a_wrong_file(self):
        for changes, reason in (({"steps": [{"step": "resize_shortest", "size": 8, "filter": "box"}]}, "steps must end in a resize or center_crop"),
                                ({"steps": [{"step": "turn"}]}, "steps[0].step must be one of"),
                                ({"backend": "torchvision"}, "steps[1].filter must be one of nearest, bilinear, bicubic, lanczos"),
                                ({"backend": None}, "backend is missing"), ({"mean": 127}, "mean must be three numbers"),
                                ({"std": [0, 1, 1]}, "std must not be 0"), ({"rescale": 0}, "rescale must be a number above 0"),
                                ({"crop": 1}, "crop is unknown")):
            self.assert_refused(2, reason, *self.write(**changes), "--task", "outputs")
        flags = self.write()
        (self.here / "preprocess.json").write_text("{")
        self.assert_refused(2, "--preprocess preprocess.json: Expecting property name", *flags, "--task", "outputs")


class RefusalTest(ExportTest):
    def test_of_flags(self):
        vit = ("--hf", folder("vit", "image-classification"), "--out", "x.pt", "--task")
        for message, *flags in (("--max-length has no use for a model of pictures", *vit, "image-classification", "--max-length", "8"),
                                ("--pooling lasttoken: of pictures there are cls, mean, pooler", *vit, "image-embedding", "--pooling", "lasttoken"),
                                ("--preprocess is for --factory", *vit, "image-classification", "--preprocess", "x.json"),
                                ("--pooling pooler is for pictures", *vit, "embedding", "--pooling", "pooler"),
                                ("--image-backend is for --hf with --task", *vit, "embedding", "--image-backend", "pil"),
                                ("--prompts is for --hf with --task image-classification", *vit, "image-embedding", "--prompts", "x"),
                                ("needs --preprocess FILE.json", "--factory", "a:b", "--task", "image-embedding", "--out", "x.pt"),
                                ("cannot read nowhere.txt", *vit, "image-classification", "--labels", "@nowhere.txt")):
            self.assert_refused(2, message, *flags)

    def refuse_hf(self, message, source, task, *more):
        code, said = run("--hf", source, "--task", task, "--out", "x.pt", *more)
        self.assertEqual(code, 2, said)
        self.assertIn(message, said.splitlines()[-1])
        self.assertEqual([path.name for path in self.here.glob("x.*")], [])

    def test_of_folders(self):
        (self.here / "prompts.txt").write_text("a cat\na dog\n")
        (self.here / "one.txt").write_text("a cat\n")
        self.refuse_hf("which has no head for image-classification: fine-tune it first, or use --task image-embedding, or give --prompts",
                       folder("clip", "prompts"), "image-classification")
        self.refuse_hf("holds a ViTModel, which has no texts", folder("vit", "image-embedding"), "image-classification", "--prompts", "prompts.txt")
        self.refuse_hf("has one label", folder("clip", "prompts"), "image-classification", "--prompts", "one.txt")
        self.refuse_hf("--prompts nowhere.txt: cannot read it", folder("clip", "prompts"), "image-classification", "--prompts", "nowhere.txt")
        self.refuse_hf("cannot load its image processor", export_support.folder("bert", "embedding"), "image-embedding")
        self.refuse_hf("--dimensions 99: the vectors have 32 values", folder("vit", "image-embedding"), "image-embedding", "--dimensions", "99")


if __name__ == "__main__":
    unittest.main()
