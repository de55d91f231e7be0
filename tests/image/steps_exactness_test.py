"""A bundle's steps give the bytes that Pillow and torchvision give, and what transformers' image processors make.

    steps_exactness_test.py RUN_STEPS [--seed 1] [--pictures 40]

RUN_STEPS is the test program, --pictures how many are tried with each filter. Prints what was compared, and the first
differences if there are any. torchvision's bytes are those of a processor with AVX2.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from families import FAMILIES, Family
from PIL import Image
from steps_client import FILTERS, Request, center_crop, center_square, resize, resize_shortest, run
from torchvision.transforms.v2 import functional as transforms

MOST_SHOWN = 5
OF_TORCHVISION = ("nearest", "bilinear", "bicubic", "lanczos")

Case = tuple[str, Request, Callable[[], np.ndarray]]


def side(chance: np.random.Generator) -> int:
    """Of a picture: tiny, small or of some hundred pixels."""
    most = chance.choice([8, 100, 450], p=[0.2, 0.3, 0.5])
    return int(chance.integers(1, most))


def make_picture(chance: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Noise; of three pictures one is black and white, so that sums leave the range of a byte."""
    values = chance.integers(0, 256, (*size, 3), dtype=np.uint8)
    return np.where(values > 127, np.uint8(255), np.uint8(0)) if chance.random() < 1 / 3 else values


def as_tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.tensor(picture).permute(2, 0, 1).contiguous()


def resized(picture: np.ndarray, size: tuple[int, int], backend: str, name: str) -> np.ndarray:
    """By Pillow or torchvision."""
    if backend == "pil":
        return np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling[name.upper()]))
    mode = transforms.InterpolationMode("nearest-exact" if name == "nearest" else name)
    return transforms.resize(as_tensor(picture), list(size), interpolation=mode, antialias=True).permute(1, 2, 0).numpy()


def filters() -> Iterator[tuple[str, str]]:
    for name in FILTERS:
        yield "pil", name
        if name in OF_TORCHVISION:
            yield "torchvision", name


def sizes(chance: np.random.Generator, count: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Of pictures before and after; torchvision refuses some results of a single pixel."""
    yield (1, 1), (3, 5)
    yield (2900, 2), (3, 1)
    yield (2, 2900), (2, 3)
    yield (3, 2), (1, 700)
    yield (6, 2), (291, 3)  # where torchvision rounds less often: a row is found in the middle between two
    yield (2, 2), (97, 3)  # and here it does not, because the result is small
    for _ in range(count):
        before, after = (side(chance), side(chance)), (side(chance), side(chance))
        kept = chance.random()
        after = (before[0] if kept < 0.1 else after[0], before[1] if kept > 0.9 else after[1])
        yield before, after if max(after) > 1 else (2, 1)


def resize_cases(chance: np.random.Generator, count: int) -> Iterator[Case]:
    """One step against one call."""
    for backend, name in filters():
        for before, after in sizes(chance, count):
            picture = make_picture(chance, before)
            yield (f"{backend} {name}", Request(picture, backend, (resize(after, name),), after),
                   lambda p=picture, a=after, b=backend, n=name: resized(p, a, b, n))


def cropped(picture: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
    return picture[top:top + size[0], left:left + size[1]]


def square_then_size(picture: np.ndarray, backend: str, part: int, whole: int, size: tuple[int, int]) -> np.ndarray:
    """Step by step, with the side as Python's numbers give it."""
    height, width = picture.shape[:2]
    square = int(min(height, width) * part / whole)
    middle = np.ascontiguousarray(cropped(picture, (height - square) // 2, (width - square) // 2, (square, square)))
    return resized(middle, size, backend, "bicubic")


def square_cases(chance: np.random.Generator, count: int) -> Iterator[Case]:
    """A square in the middle, then a resize."""
    for backend in ("pil", "torchvision"):
        for _ in range(count):
            picture = make_picture(chance, (int(chance.integers(2, 200)), int(chance.integers(2, 200))))
            part, whole, size = int(chance.integers(60, 99)), 100, (side(chance) + 1, side(chance))
            yield (f"{backend} square", Request(picture, backend, (center_square(part, whole), resize(size, "bicubic")), size),
                   lambda p=picture, b=backend, a=part, w=whole, s=size: square_then_size(p, b, a, w, s))


def processed(processor: Any, picture: np.ndarray, **options: bool) -> np.ndarray:
    return np.asarray(processor(images=Image.fromarray(picture), return_tensors="np", **options)["pixel_values"][0])


def family_cases(chance: np.random.Generator, count: int) -> Iterator[tuple[Family, str, Request]]:
    """Pictures as people have them, and narrow ones."""
    for family in FAMILIES:
        for backend in ("pil", "torchvision"):
            for _ in range(count):
                before = (int(chance.integers(20, 500)), int(chance.integers(20, 500)))
                yield family, backend, Request(make_picture(chance, before), backend, family.steps, family.size)


def pixel_values(pixels: np.ndarray, processor: Any, backend: str) -> np.ndarray:
    """What an exported model makes of bytes: the arithmetic of each backend."""
    factor = float(processor.rescale_factor)
    mean, std = (torch.tensor(each)[:, None, None] for each in (processor.image_mean, processor.image_std))
    if backend == "pil":
        scaled = (pixels.transpose(2, 0, 1).astype(np.float64) * factor).astype(np.float32)
        return (scaled - mean.numpy()) / std.numpy() if processor.do_normalize else scaled
    values = as_tensor(pixels).float()
    return ((values - mean * (1 / factor)) / (std * (1 / factor)) if processor.do_normalize else values * factor).numpy()


class Comparison:
    """Counts, and shows the first differences."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.differences: list[str] = []

    def add(self, name: str, request: Request, got: np.ndarray | str, expected: np.ndarray) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1
        if isinstance(got, str) or not np.array_equal(got, expected):
            self.differences.append(f"{name}: {request.picture.shape[:2]} by {' '.join(request.steps)}: "
                                    + (got if isinstance(got, str) else f"{np.count_nonzero(got != expected)} values differ"))


def compare_functions(program: Path, chance: np.random.Generator, count: int, comparison: Comparison) -> None:
    """Steps against Pillow's and torchvision's functions."""
    cases = [*resize_cases(chance, count), *square_cases(chance, count)]
    for (name, request, expected), got in zip(cases, run(program, [case[1] for case in cases]), strict=True):
        comparison.add(name, request, got, expected())


def compare_families(program: Path, chance: np.random.Generator, count: int, comparison: Comparison) -> None:
    """Steps against whole processors: the bytes, fed to a processor that does not resize, give the same numbers."""
    cases = list(family_cases(chance, count))
    for (family, backend, request), got in zip(cases, run(program, [case[2] for case in cases]), strict=True):
        processor = family.make(backend)
        expected = processed(processor, request.picture)
        if isinstance(got, np.ndarray):
            values = (pixel_values(got, processor, backend) if family.plain
                      else processed(processor, got, do_resize=False, do_center_crop=False))
            comparison.add(f"{family.name} {backend}", request, values, expected)
        else:
            comparison.add(f"{family.name} {backend}", request, got, expected)


def check_refusals(program: Path, comparison: Comparison) -> None:
    """Pictures too narrow or too small give a message, whatever they would need."""
    narrow = Request(np.zeros((1, 40000, 3), np.uint8), "pil", (resize_shortest(256, "bilinear"), center_crop((224, 224))), (224, 224))
    small = Request(np.zeros((1, 9, 3), np.uint8), "pil", (center_square(9, 10), resize((224, 224), "bilinear")), (224, 224))
    for request, got in zip((narrow, small), run(program, (narrow, small)), strict=True):
        if not isinstance(got, str) or " too " not in got:
            comparison.differences.append(f"{request.steps} did not refuse a picture of {request.picture.shape[:2]}")


def torchvision_is_reproduced() -> bool:
    """torchvision takes another way without AVX2."""
    return torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512") and platform.machine() in ("x86_64", "AMD64")


def main() -> None:
    """Compares, and ends with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=40)
    args = parser.parse_args()
    torch.set_num_threads(1)
    chance = np.random.default_rng(args.seed)
    comparison = Comparison()
    compare_functions(args.program, chance, args.pictures, comparison)
    compare_families(args.program, chance, max(args.pictures // 10, 1), comparison)
    check_refusals(args.program, comparison)
    differences = [each for each in comparison.differences if torchvision_is_reproduced() or "torchvision" not in each]
    print(f"seed {args.seed}: {sum(comparison.counts.values())} pictures, {len(comparison.counts)} kinds, "
          f"{len(differences)} differences")
    for each in differences[:MOST_SHOWN]:
        print(each)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
