"""Models of pictures: what a processor becomes, pixels' values bit for bit, bundles that give what transformers gives."""

import json
import os
import pathlib
import subprocess
import unittest

import export_support
import image_families
import make_image_models
import torch
from export_support import ExportTest, load, run, signature
from infer_export.errors import UsageError
from infer_export.image_processor import read_processor
from infer_export.pixels import PixelValues, make_table

FOLDERS = pathlib.Path(export_support._scratch.name)
BOTH = ("pil", "torchvision")
MODULES = """
import torch

class Redness(torch.nn.Module):
    def forward(self, x):
        means = x.mean(dim=(2, 3))
        return torch.stack([means[:, 0], means[:, 1] + means[:, 2]], dim=1)
"""


def folder(family, task):
    """Made once; not to be changed."""
    path = FOLDERS / f"{family}-{task}"
    return path if path.exists() else make_image_models.make_folder(family, task, path)


def processor(name, backend, **settings):
    import transformers
    return getattr(transformers, f"{name}ImageProcessor{'Pil' if backend == 'pil' else ''}")(**settings)


def every_byte():
    """A picture that has each value of a byte in each channel: [1, 16, 16, 3]."""
    ramp = torch.arange(256, dtype=torch.uint8).reshape(16, 16)
    return torch.stack([ramp, ramp.flip(0), ramp.t()], dim=-1).unsqueeze(0)


class ProcessorTest(unittest.TestCase):
    """read_processor() itself tries what it found, and refuses what is not the same bit for bit."""

    def test_of_every_family_is_read_in_both_backends(self):
        for name in sorted({one.processor for one in make_image_models.FAMILIES.values()}):
            for backend in BOTH:
                with self.subTest(name, backend=backend):
                    self.assertEqual(read_processor(processor(name, backend), "x")[0].backend, backend)

    def steps(self, name, **settings):
        found = [read_processor(processor(name, backend, **settings), "x")[0].steps for backend in BOTH]
        self.assertEqual(*found)
        return [list(step.values()) for step in found[0]]

    def test_becomes_steps(self):
        square = {"height": 32, "width": 32}
        self.assertEqual(self.steps("ViT"), [["resize", [224, 224], "bilinear"]])
        self.assertEqual(self.steps("DeiT", size={"height": 40, "width": 36}, crop_size=square),
                         [["resize", [40, 36], "bicubic"], ["center_crop", [32, 32]]])
        self.assertEqual(self.steps("CLIP"), [["resize_shortest", 224, "bicubic"], ["center_crop", [224, 224]]])
        self.assertEqual(self.steps("ConvNext", size={"shortest_edge": 224}),
                         [["resize_shortest", 256, "bicubic"], ["center_crop", [224, 224]]])
        for number, name in ((0, "nearest"), (1, "lanczos"), (2, "bilinear"), (3, "bicubic")):
            self.assertEqual(self.steps("ViT", resample=number)[0][2], name)
        self.assertEqual(self.steps("ConvNext"), [["resize", [384, 384], "bicubic"]])
        self.assertEqual(self.steps("Levit")[0], ["resize_shortest", 256, "bicubic"])
        self.assertEqual(self.steps("PoolFormer", crop_pct=0.8)[0], ["resize_shortest", 280, "bicubic"])
        self.assertEqual(self.steps("CLIP", do_resize=False), [["center_crop", [224, 224]]])

    def test_may_scale_and_shift_as_it_likes(self):
        for backend in BOTH:
            for settings in ({"rescale_offset": True}, {"include_top": False}, {"rescale_factor": 1 / 127.5, "do_normalize": False},
                             {"do_rescale": False}, {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.7, 1.3, 0.9]}):
                read_processor(processor("EfficientNet", backend, **settings), "x")

    def test_that_a_bundle_cannot_say_is_refused_with_the_reason(self):
        import transformers
        for one, reason in ((processor("ViT", "torchvision", resample=4), "torchvision's box, which infer has not: give --image-backend pil"),
                            (processor("CLIP", "pil", do_center_crop=False), "pictures of different sizes"),
                            (processor("ViT", "pil", do_resize=False), "pictures of different sizes"),
                            (processor("Yolos", "pil"), "infer has height and width, or shortest_edge"),
                            (processor("BridgeTower", "pil"), "crops to {'shortest_edge': 288}"),
                            (transformers.DINOv3ViTImageProcessor(), "does more than its fields say: a picture differs by 0.0"),
                            (processor("Perceiver", "pil"), "use --factory with --preprocess"),
                            (processor("VideoMAE", "pil"), "gives pixel_values [1, 1, 3, 16, 16] for a picture"),
                            (processor("Siglip2", "pil"), "does not take pictures as others do")):
            with self.subTest(type(one).__name__), self.assertRaises(UsageError) as caught:
                read_processor(one, "x")
            self.assertIn(reason, str(caught.exception))


class PixelsTest(ExportTest):
    def test_have_the_bits_of_the_processors_arithmetic(self):
        """The formulas of both backends, of ImageNet's and CLIP's numbers."""
        from transformers import image_utils
        for backend in BOTH:
            for mean, std in ((image_utils.IMAGENET_DEFAULT_MEAN, image_utils.IMAGENET_DEFAULT_STD),
                              (image_utils.OPENAI_CLIP_MEAN, image_utils.OPENAI_CLIP_STD), ([0.5] * 3, [0.5] * 3)):
                _, pixels = read_processor(processor("ViT", backend, image_mean=mean, image_std=std), "x")
                self.assertTrue(torch.equal(pixels.table.reshape(3, 256), make_table(backend, 1 / 255, mean, std)))
        one, other = (make_table(backend, 1 / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]) for backend in BOTH)
        self.assertLess(0, float((one - other).abs().max()))
        self.assertTrue(torch.equal(make_table("pil", 1 / 255)[0], torch.arange(256).div(255, rounding_mode=None)))
        self.assertTrue(torch.equal(make_table("pil", None, [127.0] * 3, [128.0] * 3)[2], (torch.arange(256) - 127) / 128))

    def test_keep_their_bits_in_both_formats(self):
        """Without the table, compilers turn divisions into products, and products with sums into one operation."""
        from infer_export.formats import inductor_options, write_package, write_torchscript
        from torch.export import Dim
        kinds = [PixelValues(make_table("torchvision", 1 / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])),
                 PixelValues(make_table("pil", 1 / 127.5, [1.0] * 3, [1.0] * 3), (2, 1, 0))]

        class All(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.kinds = torch.nn.ModuleList(kinds)

            def forward(self, image):
                return tuple(kind(image) for kind in self.kinds)
        image = every_byte().expand(3, 16, 16, 3).contiguous()
        eager = All()(image)
        self.assertTrue(torch.equal(eager[0][0, 1], kinds[0].table.reshape(3, 256)[1].reshape(16, 16).flip(0)))
        self.assertTrue(torch.equal(eager[1][0, 0], make_table("pil", 1 / 127.5, [1.0] * 3, [1.0] * 3)[2].reshape(16, 16).t()))
        self.assertTrue(all(one.is_contiguous(memory_format=torch.channels_last) for one in eager[:1]))
        write_torchscript(All().eval(), [image], self.here / "pixels.pt", {})
        write_package(All().eval(), [image], self.here / "pixels.pt2", ({0: Dim("batch", min=1, max=8)},), inductor_options("cpu", False))
        for name in ("pixels.pt", "pixels.pt2"):
            for batch in (image, every_byte()):
                for ours, theirs in zip(image_families.load(self.here / name)(batch), eager, strict=True):
                    self.assertTrue(torch.equal(ours, theirs[: len(batch)]), name)


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
        model = image_families._model(folder("convnext", "image-classification"), "image-classification", torch.float32)
        values = image_families.pixel_values(folder("convnext", "image-classification"), pictures, "pil")
        with torch.no_grad():
            self.assert_close(image_families.ours(path, pictures), model(pixel_values=values).logits)

    def test_vectors_are_the_models_own_by_default(self):
        for family in ("dinov2", "resnet", "clip", "poolformer"):
            path, pictures, truth = self.export(family, "image-embedding")
            self.assert_close(image_families.ours(path, pictures), truth)

    def test_vectors_are_pooled_and_cut_as_asked(self):
        path, pictures, _ = self.export("vit", "image-embedding", "--pooling", "mean", "--normalize", "--dimensions", "7")
        model = image_families._model(folder("vit", "image-embedding"), "image-embedding", torch.float32)
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
        model = image_families._model(folder("clip", "prompts"), "prompts", torch.float32)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder("clip", "prompts"))
        pictures = make_image_models.make_pictures(3)
        unit = torch.nn.functional.normalize
        with torch.no_grad():
            one, two, three = (unit(model.get_text_features(**tokenizer([text], return_tensors="pt")).pooler_output) for text in ("one", "two", "three"))
            images = image_families.truth(folder("clip", "prompts"), "image-embedding", pictures)
            logits = unit(images) @ torch.cat([unit((one + three) / 2), two]).t() * model.logit_scale.exp()
        self.assert_close(image_families.ours(pathlib.Path("x.pt"), pictures), logits)

    def test_a_package_in_half_precision(self):
        """Pixels' values stay float32 until the first layer."""
        path, pictures, truth = self.export("resnet", "image-classification", "--dtype", "bfloat16", name="x.pt2")
        self.assertEqual(signature(path)["origin"]["dtype"], "bfloat16")
        for count in (6, 1):
            ours = load(path)(image_families.as_bundle_says(path, pictures[:count]))
            self.assertLess(image_families.difference("image-classification", ours, truth[:count]), 0.01)


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
        model = image_families._model(source, "image-embedding", torch.float32)
        with torch.no_grad():
            truth = model(pixel_values=image_families.pixel_values(source, pictures, "pil")).pooler_output
        self.assertLessEqual(image_families.difference("image-embedding", vectors, truth), 1e-9)


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
