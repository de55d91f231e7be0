"""What a processor of pictures becomes, and pixels' values bit for bit."""

import unittest

import image_families
import make_image_models
import torch
from export_support import ExportTest
from infer_export.errors import UsageError
from infer_export.image_processor import read_processor
from infer_export.pixels import PixelValues, make_table

BOTH = ("pil", "torchvision")


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


if __name__ == "__main__":
    unittest.main()
