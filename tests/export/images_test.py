"""Bundles of models of pictures give what transformers gives, in this process and scored by infer."""

import json
import os
import pathlib
import subprocess
import unittest

import image_families
import make_image_models
import torch
from export_support import ExportTest, run, signature
from image_families import folder


class BundleTest(ExportTest):
    def export(self, family, task, *more, name="x.pt"):
        """Returns the bundle, pictures, and what transformers says of them."""
        image_families.export(folder(family, task), task, pathlib.Path(name), *more)
        pictures = make_image_models.make_pictures(6)
        return pathlib.Path(name), pictures, image_families.truth(folder(family, task), task, pictures)

    def assert_close(self, ours, theirs):
        self.assertEqual(ours.shape, theirs.shape)
        self.assertLessEqual(float(((ours - theirs).abs() / theirs.abs().clamp(min=1)).max()), 1e-5)

    def test_classification_says_what_infer_must_know(self):
        path, pictures, truth = self.export("vit", "image-classification")
        document = signature(path)
        self.assertEqual(document["inputs"], [{"name": "image", "dtype": "uint8", "shape": [32, 32, 3], "from": "image"}])
        self.assertEqual(document["image"], {"backend": "torchvision", "orient": True,
                                             "steps": [{"step": "resize", "size": [32, 32], "filter": "bilinear"}]})
        self.assertEqual((document["task"], document["outputs"]), ("classification", [{"name": "logits", "shape": [5]}]))
        self.assertEqual(document["classes"], {"labels": list(make_image_models.LABELS), "activation": "softmax"})
        self.assertEqual(document["max_batch"], 256)
        self.assertEqual(document["origin"]["architecture"], "ViTForImageClassification")
        self.assertTrue(torch.equal(image_families.ours(path, pictures).argmax(1), truth.argmax(1)))
        self.assert_close(image_families.ours(path, pictures), truth)

    def test_the_backend_can_be_chosen(self):
        path, pictures, _ = self.export("convnext", "image-classification", "--image-backend", "pil")
        self.assertEqual(signature(path)["image"]["backend"], "pil")
        model = image_families.model_of(folder("convnext", "image-classification"), "image-classification", torch.float32)
        values = image_families.pixel_values(folder("convnext", "image-classification"), pictures, "pil")
        with torch.no_grad():
            self.assert_close(image_families.ours(path, pictures), model(pixel_values=values).logits)

    def test_vectors_are_the_models_own_by_default(self):
        for family in ("dinov2", "resnet", "clip", "poolformer"):
            path, pictures, truth = self.export(family, "image-embedding")
            self.assert_close(image_families.ours(path, pictures), truth)

    def test_vectors_are_pooled_and_cut_as_asked(self):
        path, pictures, _ = self.export("vit", "image-embedding", "--pooling", "mean", "--normalize", "--dimensions", "7")
        model = image_families.model_of(folder("vit", "image-embedding"), "image-embedding", torch.float32)
        with torch.no_grad():
            hidden = model(pixel_values=image_families.pixel_values(folder("vit", "image-embedding"), pictures)).last_hidden_state
        self.assert_close(image_families.ours(path, pictures), torch.nn.functional.normalize(hidden.mean(dim=1)[:, :7], dim=1))
        self.assertEqual({key: signature(path)["origin"][key] for key in ("pooling", "normalize", "dimensions")},
                         {"pooling": "mean", "normalize": True, "dimensions": 7})
        path, pictures, _ = self.export("vit", "image-embedding", "--pooling", "cls")
        self.assert_close(image_families.ours(path, pictures), hidden[:, 0])

    def test_a_pooler_without_weights_is_not_taken(self):
        code, said = run("--hf", folder("vit", "image-classification"), "--task", "image-embedding", "--out", "x.pt")
        self.assertEqual(code, 0, said)
        self.assertIn("the first place of last_hidden_state, as the folder has no pooler", said)
        self.assert_refused(2, "no weights for pooler.dense.bias", "--hf", folder("vit", "image-classification"), "--task",
                            "image-embedding", "--out", "y.pt", "--pooling", "pooler")

    def test_a_head_of_ones_own_is_put_on_vectors(self):
        import numpy as np
        weight, bias = torch.randn(3, 32, generator=torch.Generator().manual_seed(1)), torch.tensor([0.5, 0.0, -0.5])
        np.savez("head.npz", weight=weight.numpy(), bias=bias.numpy())
        self.assert_written("--hf", folder("vit", "image-embedding"), "--task", "image-classification", "--head", "head.npz",
                            "--labels", "a,b,c", "--out", "x.pt")
        pictures = make_image_models.make_pictures(4)
        truth = image_families.truth(folder("vit", "image-embedding"), "image-embedding", pictures)
        self.assert_close(image_families.ours(pathlib.Path("x.pt"), pictures), truth @ weight.t() + bias)
        self.assertEqual(signature("x.pt")["classes"]["labels"], ["a", "b", "c"])

    def test_prompts_are_labels(self):
        for family, activation in (("clip", "softmax"), ("siglip", "sigmoid")):
            path, pictures, truth = self.export(family, "prompts")
            self.assert_close(image_families.ours(path, pictures), truth)
            self.assertEqual(signature(path)["classes"]["labels"], ["cat", "plane", "sea"])
            self.assertEqual(signature(path)["classes"]["activation"], activation)

    def test_several_prompts_of_a_label_are_their_mean(self):
        (self.here / "prompts.txt").write_text("a\tone\nb\ttwo\na\tthree\n")
        self.assert_written("--hf", folder("clip", "prompts"), "--task", "image-classification", "--prompts", "prompts.txt", "--out", "x.pt")
        import transformers
        model = image_families.model_of(folder("clip", "prompts"), "prompts", torch.float32)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder("clip", "prompts"))
        pictures = make_image_models.make_pictures(3)
        unit = torch.nn.functional.normalize
        with torch.no_grad():
            one, two, three = (unit(model.get_text_features(**tokenizer([text], return_tensors="pt")).pooler_output) for text in ("one", "two", "three"))
            images = image_families.truth(folder("clip", "prompts"), "image-embedding", pictures)
            logits = unit(images) @ torch.cat([unit((one + three) / 2), two]).t() * model.logit_scale.exp()
        self.assert_close(image_families.ours(pathlib.Path("x.pt"), pictures), logits)


@unittest.skipUnless("INFER" in os.environ, "needs INFER, the program")
class RowsTest(ExportTest):
    """Pictures in files, scored by infer, and what transformers says of them."""

    def rows(self, path, pictures, *more):
        records = []
        for number, picture in enumerate(pictures):
            picture.save(f"{number}.png")
            records.append({"id": number, "image": f"{number}.png"})
        (self.here / "pictures.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        done = subprocess.run([os.environ["INFER"], "--model", path, "--input", "pictures.jsonl", "--output", "-", "--device", "cpu", *more],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_are_those_of_transformers(self):
        pictures = make_image_models.make_pictures(20, seed=9)
        for family, task, more in (("deit", "image-classification", ()), ("siglip", "prompts", ())):
            source = folder(family, task)
            image_families.export(source, task, self.here / "x.pt", *more)
            rows = self.rows(self.here / "x.pt", pictures, "--scores", "all")
            scores = torch.tensor([list(row["scores"].values()) for row in rows])
            truth = image_families.scores(task, image_families.truth(source, task, pictures), "sigmoid" if task == "prompts" else "softmax")
            self.assertLessEqual(float((scores - truth).abs().max()), 1e-5, family)

    def test_of_vectors_are_those_of_transformers_by_the_backend_that_was_chosen(self):
        pictures = make_image_models.make_pictures(20, seed=10)
        source = folder("convnext", "image-embedding")
        image_families.export(source, "image-embedding", self.here / "x.pt", "--image-backend", "pil")
        vectors = torch.tensor([row["embedding"] for row in self.rows(self.here / "x.pt", pictures)])
        model = image_families.model_of(source, "image-embedding", torch.float32)
        with torch.no_grad():
            truth = model(pixel_values=image_families.pixel_values(source, pictures, "pil")).pooler_output
        self.assertLessEqual(image_families.difference("image-embedding", vectors, truth), 1e-9)

    def test_of_packages_in_bfloat16_are_as_right_as_eager_ones(self):
        """Whose distance from float32 is the measure: what is fused rounds elsewhere, but not more often. Where two labels are close
        to each other, either may win. Pixels' values stay float32 until the first layer."""
        pictures = make_image_models.make_pictures(20, seed=11)
        for family, task, field in (("convnext", "image-classification", "scores"), ("clip", "image-embedding", "embedding")):
            source = folder(family, task)
            image_families.export(source, task, self.here / "x.pt2", "--dtype", "bfloat16")
            self.assertEqual(signature("x.pt2")["origin"]["dtype"], "bfloat16")
            rows = self.rows(self.here / "x.pt2", pictures, *(["--scores", "all"] if field == "scores" else []))
            ours = torch.tensor([list(row[field].values()) if field == "scores" else row[field] for row in rows])
            exact, eager = (image_families.scores(task, image_families.truth(source, task, pictures, dtype), "softmax")
                            for dtype in (torch.float32, torch.bfloat16))
            apart, own, other = (self.apart(task, one, exact) for one in (ours, eager, ours.roll(1, 0)))
            self.assertLessEqual(apart, 2 * own, family)
            self.assertGreater(other, 20 * own, "another picture's rows would do")
            if field == "scores":
                best = eager.topk(2).values
                sure = best[:, 0] - best[:, 1] > 4 * own
                self.assertGreater(int(sure.sum()), 10)
                self.assertTrue(torch.equal(ours.argmax(1)[sure], eager.argmax(1)[sure]))

    def apart(self, task, ours, theirs):
        if task == "image-embedding":
            return image_families.difference(task, ours, theirs)
        return float((ours - theirs).abs().max())


if __name__ == "__main__":
    unittest.main()
