"""Resizing pictures on one core: infer beside Pillow, torchvision and OpenCV, in turn and on the same pictures.

    build/bench/venv/bin/python scripts/bench/image_steps.py [--count 40] [--runs 9] [--results DIR]

Decoded pictures of 500 x 375 become 224 x 224: the shorter side 256, then a crop, as ImageNet's models want it; larger ones
and others too. Some sets have no two pictures of a size, so that infer keeps no weights. Pillow and torchvision resize all of
a picture, infer what the crop keeps. Checks that infer's bytes are theirs. OpenCV computes something else (no antialiasing
but in INTER_AREA) and is there for scale only. Prints pictures per second of processor time (medians of the runs) and writes
them with machine, versions and commit into --results (default scripts/bench/results/<date>-<cpu>). torchvision is given its
tensor in the memory that suits it best, channels last. The virtual environment is that of text.sh.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}

import cv2
import numpy as np
import torch
from PIL import Image
from report import ROOT, add_one_core_arguments, machine, package_versions, write_results
from torchvision.transforms.v2 import functional as transforms

sys.path.append(str(ROOT / "tests/image"))
from steps_client import Request, center_crop, resize, resize_shortest, run

SEED = 20261129
CROP = 224


@dataclass(frozen=True)
class Job:
    """Pictures of about this size, resized and perhaps cut to CROP x CROP."""

    name: str
    size: tuple[int, int]
    filter: str
    shortest: int | None = 256  # None: to CROP x CROP at once
    varied: bool = False

    def steps(self) -> tuple[str, ...]:
        if self.shortest is None:
            return (resize((CROP, CROP), self.filter),)
        return (resize_shortest(self.shortest, self.filter), center_crop((CROP, CROP)))

    def resized(self, picture: np.ndarray) -> tuple[int, int]:
        """Before the crop."""
        height, width = picture.shape[:2]
        if self.shortest is None:
            return CROP, CROP
        longer = int(self.shortest * max(height, width) / min(height, width))
        return (longer, self.shortest) if width <= height else (self.shortest, longer)


JOBS = (
    Job("500 x 375, bilinear", (375, 500), "bilinear"),
    Job("500 x 375, bicubic", (375, 500), "bicubic"),
    Job("500 x 375, lanczos", (375, 500), "lanczos"),
    Job("no two of a size, bilinear", (375, 500), "bilinear", varied=True),
    Job("no two of a size, bicubic", (375, 500), "bicubic", varied=True),
    Job("2000 x 1500, bicubic", (1500, 2000), "bicubic"),
    Job("160 x 120, bicubic", (120, 160), "bicubic"),
    Job("300 x 500 to 224 x 224, bilinear", (500, 300), "bilinear", None),
)


def make_pictures(job: Job, count: int) -> list[np.ndarray]:
    """Noise: no way of resizing looks at what the bytes are."""
    random = np.random.default_rng(SEED)
    grow = range(count) if job.varied else [0] * count
    return [random.integers(0, 256, (job.size[0] + more, job.size[1] + 2 * more, 3), dtype=np.uint8) for more in grow]


def corner(size: tuple[int, int]) -> tuple[int, int]:
    return (size[0] - CROP) // 2, (size[1] - CROP) // 2


def with_pillow(job: Job) -> Callable[[Image.Image], np.ndarray]:
    def do(picture: Image.Image) -> np.ndarray:
        size = job.resized(np.empty((picture.height, picture.width)))
        top, left = corner(size)
        resized = picture.resize(size[::-1], Image.Resampling[job.filter.upper()])
        return np.asarray(resized.crop((left, top, left + CROP, top + CROP)))
    return do


def with_torchvision(job: Job) -> Callable[[torch.Tensor], np.ndarray]:
    mode = transforms.InterpolationMode(job.filter)

    def do(picture: torch.Tensor) -> np.ndarray:
        size = job.resized(np.empty(picture.shape[1:]))
        top, left = corner(size)
        resized = transforms.resize(picture, list(size), interpolation=mode, antialias=True)
        return resized[:, top:top + CROP, left:left + CROP].permute(1, 2, 0).numpy()
    return do


def with_opencv(job: Job, mode: int) -> Callable[[np.ndarray], np.ndarray]:
    def do(picture: np.ndarray) -> np.ndarray:
        size = job.resized(picture)
        top, left = corner(size)
        return cv2.resize(picture, size[::-1], interpolation=mode)[top:top + CROP, left:left + CROP]
    return do


def time_infer(program: Path, requests: bytes, runs: int) -> float:
    """Processor seconds of the best of some runs in a process of its own."""
    answer = subprocess.run([program, "time", str(runs)], input=requests, stdout=subprocess.PIPE, check=True).stdout
    return min(map(float, answer.split()))


def time_python(do: Callable, pictures: Sequence, runs: int) -> float:
    """Likewise."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        for picture in pictures:
            do(picture)
        seconds.append(time.process_time() - start)
    return min(seconds)


def check(job: Job, program: Path, pictures: list[np.ndarray]) -> None:
    """Ends the benchmark if a byte differs."""
    for backend in ("pil", "torchvision"):
        requests = [Request(picture, backend, job.steps(), (CROP, CROP)) for picture in pictures]
        for picture, got in zip(pictures, run(program, requests), strict=True):
            expected = (with_pillow(job)(Image.fromarray(picture)) if backend == "pil"
                        else with_torchvision(job)(torch.from_numpy(picture).permute(2, 0, 1)))
            if not np.array_equal(got, expected):
                raise SystemExit(f"{job.name}: not {backend}'s bytes")


def measure(job: Job, args: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of all rounds, each way in turn."""
    pictures = make_pictures(job, args.count)
    check(job, args.program, pictures[:5])
    given = {backend: b"".join(Request(each, backend, job.steps(), (CROP, CROP)).as_bytes() for each in pictures)
             for backend in ("pil", "torchvision")}
    images = [Image.fromarray(each) for each in pictures]
    tensors = [torch.from_numpy(each).permute(2, 0, 1) for each in pictures]
    ways = {
        "infer, as Pillow": lambda: time_infer(args.program, given["pil"], args.repeats),
        "infer, as torchvision": lambda: time_infer(args.program, given["torchvision"], args.repeats),
        "Pillow": lambda: time_python(with_pillow(job), images, args.repeats),
        "torchvision": lambda: time_python(with_torchvision(job), tensors, args.repeats),
        "OpenCV INTER_LINEAR": lambda: time_python(with_opencv(job, cv2.INTER_LINEAR), pictures, args.repeats),
        "OpenCV INTER_AREA": lambda: time_python(with_opencv(job, cv2.INTER_AREA), pictures, args.repeats),
    }
    rounds = [{name: way() for name, way in ways.items()} for _ in range(args.runs)]
    return {name: [each[name] for each in rounds] for name in ways}


def summarise(runs: dict[str, list[float]], count: int) -> dict:
    """Pictures/s, and how many times as fast as its model each of infer's ways is."""
    rates = {name: {"per_s": round(count / statistics.median(seconds)), "least": round(count / max(seconds)),
                    "most": round(count / min(seconds))} for name, seconds in runs.items()}
    ratio = {peer: round(statistics.median(theirs / ours for ours, theirs in zip(runs[f"infer, as {peer}"], runs[peer], strict=True)), 2)
             for peer in ("Pillow", "torchvision")}
    return {"pictures_per_s": rates, "times_as_fast_as": ratio}


def main() -> None:
    """Measures every job, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=4, help="of the pictures in a run, the best of which counts")
    add_one_core_arguments(parser, "run_steps", runs=9)
    args = parser.parse_args()
    where = machine() | package_versions(["pillow", "torchvision", "opencv-python-headless"])
    os.sched_setaffinity(0, {args.core})
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    result: dict = {"what": f"{args.count} pictures to {CROP} x {CROP}, one core, medians of {args.runs} runs in turn",
                    "machine": where, "jobs": {}}
    for job in JOBS:
        row = result["jobs"][job.name] = summarise(measure(job, args), args.count)
        rates = ", ".join(f"{name} {rate['per_s']}" for name, rate in row["pictures_per_s"].items())
        print(f"{job.name}: {rates}; {row['times_as_fast_as']}", flush=True)
    write_results(result, "image_steps.json", args.results)


if __name__ == "__main__":
    main()
