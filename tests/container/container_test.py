"""infer in an image: what docker/Dockerfile.cpu makes of a finished build, tried without a daemon and without a registry.

    container_test.py INFER MODELS [NAME...]

INFER is build/release/bin/infer of this checkout; try_image.py builds whole images. Needs root and `scripts/setup.sh --container`;
exit 77 where it cannot run. The base is made once, in build/container/base.tar.
"""

import json
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import images
import in_memory
from cli_support import Skipped, run_tests, scratch
from image_tests import Trial, tests_of

TEXTS = 3000
CANNOT_RUN = 77


def write_records(path: pathlib.Path) -> None:
    words = ["a", "quiet", "moving", "film", "what", "waste", "of", "time", "good", "bad"]
    texts = (" ".join(words[(number * 7 + place * 3) % len(words)] for place in range(1 + number % 6)) for number in range(TEXTS))
    path.write_text("".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts)))


def prepared(folder: pathlib.Path) -> images.Image:
    base = images.ROOT / "build/container/base.tar"
    start = time.monotonic()
    images.make_base(base)
    store = images.Store(folder)
    store.add_base(base)
    print(f"base ({time.monotonic() - start:.1f} s)", flush=True)
    image = store.build_from(folder / "built", "cpu")
    print(f"image ({time.monotonic() - start:.1f} s)", flush=True)
    return image


def try_out(infer: pathlib.Path, models: pathlib.Path, folder: pathlib.Path) -> int:
    image = prepared(folder)
    write_records(folder / "records.jsonl")
    with image.container() as container:
        trial = Trial(infer, image, container, folder / "data")
        trial.take(models / "bundle_text.pt2", folder / "records.jsonl")
        return run_tests(tests_of(trial), __doc__)


def main() -> int:
    if not in_memory.is_inside():
        if reason := images.unavailable() or in_memory.unavailable():
            print(f"skipped: {reason}")
            return CANNOT_RUN
        return in_memory.run_inside()
    infer, models = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    try:
        with scratch(keep_on_failure=False) as folder:
            return try_out(infer, models, folder)
    except Skipped as reason:
        print(f"skipped: {reason}")
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main())
