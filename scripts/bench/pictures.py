"""JPEGs of the sizes and kinds that ImageNet has, made of scikit-learn's two photographs by a seed.

    build/bench/venv/bin/python scripts/bench/pictures.py FOLDER COUNT
"""

import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

SIZES = [(500, 375)] * 4 + [(375, 500)] * 2 + [(500, 333), (333, 500), (500, 500), (640, 480), (400, 300)]
QUALITIES = [85, 90, 95, 96]


def draw(rng: random.Random, sources: list[Image.Image]) -> Image.Image:
    """A part of a photograph, turned, lit and coloured, with the noise of a camera."""
    source = rng.choice(sources)
    share = rng.uniform(0.5, 1)
    width, height = int(source.width * share), int(source.height * share)
    left, top = rng.randint(0, source.width - width), rng.randint(0, source.height - height)
    picture = source.crop((left, top, left + width, top + height)).resize(rng.choice(SIZES), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = ImageEnhance.Color(ImageEnhance.Brightness(picture).enhance(rng.uniform(0.6, 1.4))).enhance(rng.uniform(0.5, 1.5))
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 6, (picture.height, picture.width, 3))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def write_pictures(folder: Path, count: int) -> list[Path]:
    """Those that are there already stay."""
    sources = [Image.fromarray(array) for array in load_sample_images().images]
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if not path.exists():
            rng = random.Random(number)
            draw(rng, sources).save(path, quality=rng.choice(QUALITIES))
    return paths


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]), int(sys.argv[2]))
