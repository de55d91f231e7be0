"""Decoding JPEGs on one core, to RGB: infer beside Pillow, torchvision and OpenCV, in turn and on the same files.

    build/bench/venv/bin/python scripts/bench/image_decode.py [--picture FILE ...] [--count 200] [--runs 7] [--results DIR]

The files are like ImageNet's: 500 x 375 or 375 x 500, 4:2:0, quality 88 to 97, parts of photographs at some scale, made with
a seed; of progressive ones there is a second set. The photographs are those of scikit-learn, and those named by --picture.
Checks that infer's pixels are Pillow's, prints images a second of processor time (median and spread of the runs) and writes
them with machine, versions and commit into --results (default scripts/bench/results/<date>-<cpu>). All decode from memory; PNG and WebP beside
Pillow alone. The virtual environment is that of text.sh.
"""

import argparse
import io
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}

import cv2
import numpy as np
import torch
from PIL import Image
from report import ROOT, add_one_core_arguments, machine, package_versions, write_results
from torchvision.io import ImageReadMode, decode_image

sys.path.append(str(ROOT / "tests/image"))
from pictures import real_pictures, saved

SEED = 20261129
SHAPES = [(500, 375)] * 3 + [(375, 500)]
SETS: dict[str, tuple[str, dict]] = {
    "jpeg": ("JPEG", {"subsampling": "4:2:0"}),
    "progressive jpeg": ("JPEG", {"subsampling": "4:2:0", "progressive": True}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {}),
}


def part(random_: random.Random, photograph: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Half of the photograph or more, in the shape of `size`, scaled to it."""
    share = random_.uniform(0.5, 1) * min(photograph.width / size[0], photograph.height / size[1])
    width, height = int(size[0] * share), int(size[1] * share)
    left, top = random_.randint(0, photograph.width - width), random_.randint(0, photograph.height - height)
    image = photograph.resize(size, Image.Resampling.BICUBIC, (left, top, left + width, top + height))
    image.info.clear()  # its color profile
    return image


def make_files(kind: str, photographs: list[Image.Image], count: int) -> list[bytes]:
    random_ = random.Random(SEED)
    name, options = SETS[kind]
    files = []
    for i in range(count):
        image = part(random_, photographs[i % len(photographs)], random_.choice(SHAPES))
        quality = {} if name == "PNG" else {"quality": random_.randint(88, 97)}
        files.append(saved(image, name, **options, **quality))
    return files


def by_pillow(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def by_torchvision(file: bytes) -> torch.Tensor:
    return decode_image(torch.frombuffer(bytearray(file), dtype=torch.uint8), ImageReadMode.RGB)


def by_opencv(file: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR_RGB)


PEERS: dict[str, Callable] = {"pillow": by_pillow, "torchvision": by_torchvision, "opencv": by_opencv}


def time_peer(decode: Callable, files: list[bytes]) -> float:
    start = time.process_time()
    for file in files:
        decode(file)
    return time.process_time() - start


def time_infer(program: Path, paths: str) -> float:
    """Of the second of two runs: the first one fills caches, as the peers' first round does."""
    command = [program, "time", "2"]
    return float(subprocess.run(command, input=paths, check=True, capture_output=True, text=True).stdout.split()[-1])


def check_same(program: Path, paths: str, files: list[bytes]) -> None:
    output = subprocess.run([program], input=paths.encode(), check=True, capture_output=True).stdout
    at = 0
    for file in files:
        pixels = by_pillow(file).tobytes()
        if output[at + 12:at + 12 + len(pixels)] != pixels:
            raise SystemExit("infer's pixels are not Pillow's")
        at += 12 + len(pixels)


def measure(args: argparse.Namespace, kind: str, photographs: list[Image.Image]) -> dict:
    """Images/s of each, in turn; the first round warms up."""
    files = make_files(kind, photographs, args.count)
    folder = args.scratch / "image_decode"
    folder.mkdir(parents=True, exist_ok=True)
    for i, file in enumerate(files):
        (folder / str(i)).write_bytes(file)
    paths = "".join(f"{folder / str(i)}\n" for i in range(len(files)))
    check_same(args.program, paths, files)
    ways: dict[str, Callable[[], float]] = {"infer": lambda: time_infer(args.program, paths)}
    for name, decode in PEERS.items():
        ways[name] = lambda decode=decode: time_peer(decode, files)
    rounds = [{name: way() for name, way in ways.items()} for _ in range(args.runs + 1)][1:]
    rates = {name: sorted(len(files) / one[name] for one in rounds) for name in ways}
    row: dict = {"files": len(files), "mean_bytes": sum(map(len, files)) // len(files)}
    for name, sorted_rates in rates.items():
        ratios = sorted(one[name] / one["infer"] for one in rounds)
        row[name] = {"images_per_s": statistics.median(sorted_rates), "least": sorted_rates[0], "most": sorted_rates[-1],
                     "infer_is_faster": statistics.median(ratios), "infer_is_faster_least": ratios[0], "infer_is_faster_most": ratios[-1]}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=200)
    add_one_core_arguments(parser, "decode_images", runs=7)
    args = parser.parse_args()
    where = machine()
    os.sched_setaffinity(0, {args.core})
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    photographs = real_pictures() + [Image.open(path).convert("RGB") for path in args.picture]
    versions = package_versions(["pillow", "torchvision", "opencv-python-headless"])
    result: dict = {
        "what": f"{args.count} files a set, like ImageNet's, of {len(photographs)} photographs; one thread, processor time, {args.runs} runs",
        "machine": where | versions, "photographs": ["scikit-learn's", *(path.name for path in args.picture)], "sets": {},
    }
    for kind in SETS:
        row = result["sets"][kind] = measure(args, kind, photographs)
        told = [f"{name} {row[name]['images_per_s']:6.0f} ({row[name]['infer_is_faster']:.2f})" for name in ("infer", *PEERS)]
        print(f"{kind:17} {row['mean_bytes'] / 1000:5.1f} kB   images/s, infer is so many times as fast:   {'   '.join(told)}", flush=True)
    write_results(result, "image_decode.json", args.results)


if __name__ == "__main__":
    main()
