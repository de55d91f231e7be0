"""Builds an image of infer as a user would, with buildah instead of a daemon, and says what came of it.

    try_image.py cpu|cuda [--from-build] [--certificates FILE]

It prints size, layers, user and the time to the first row, and scores the demo's records in every way of image_tests.py: the
rows must be those of build/release/bin/infer outside. scripts/demo.sh makes that program, the model and the records; root and
`scripts/setup.sh --container` are needed, and 15 GB of disk (30 for cuda) under $TMPDIR, free again at the end.
--from-build: not the whole Dockerfile, but its last stage over build/release, in minutes.
--certificates: of the authorities that this network's downloads are signed by, where it has some of its own.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import images
from cli_support import Program, check, environment, run_each, scratch
from image_tests import Trial, tests_of
from images import Image, Store

DEMO = images.ROOT / "build/demo_text"
INFER = images.ROOT / "build/release/bin/infer"
STARTS = 5


def with_certificates(file: pathlib.Path | None, folder: pathlib.Path) -> list[str]:
    """For pip and cargo while the image is built; nothing of it is in the image."""
    if file is None:
        return []
    inside = "/run/certificates.crt"
    settings = {"/etc/pip.conf": f"[global]\ncert = {inside}\n", "/root/.cargo/config.toml": f'[http]\ncainfo = "{inside}"\n'}
    volumes = [f"{file.resolve()}:{inside}:ro"]
    for number, (place, text) in enumerate(settings.items()):
        setting = folder / f"setting{number}"
        setting.write_text(text)
        volumes.append(f"{setting}:{place}:ro")
    return [word for volume in volumes for word in ("--volume", volume)]


def build(store: Store, args: argparse.Namespace, folder: pathlib.Path) -> Image:
    base = images.ROOT / "build/container/base.tar"
    images.make_base(base)
    store.add_base(base)
    start = time.monotonic()
    image = store.build_from(folder / "built", args.kind) if args.from_build else \
        store.build(args.kind, *with_certificates(args.certificates, folder))
    print(f"built in {time.monotonic() - start:.0f} s", flush=True)
    return image


def seconds_to_first_row(command: list[str], folder: pathlib.Path) -> float:
    start = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        check(process.stdout.readline().startswith(b"{"), "no row came")
        seconds = time.monotonic() - start
        process.stdout.read()
    return seconds


def describe(trial: Trial) -> None:
    config, container = trial.image.config, trial.container
    print(f"base {megabytes(images.ROOT / 'build/container/base.tar')} MB, image {trial.image.bytes() / 1e6:.0f} MB, "
          f"{len(trial.image.layers)} layers, user {config['User']}, health by {config['Healthcheck']['Test'][1:]}")
    outside, inside, started = [], [], []
    for _ in range(STARTS):
        outside.append(seconds_to_first_row([str(trial.infer), *trial.flags(None)], trial.data))
        inside.append(seconds_to_first_row(container.command(trial.data, "infer", *trial.flags(None)), trial.data))
        start = time.monotonic()
        trial.run("true")
        started.append(time.monotonic() - start)
    first, second, empty = (statistics.median(times) for times in (outside, inside, started))
    print(f"start to first row, median of {STARTS}: {first:.2f} s outside, {second:.2f} s inside, of which buildah takes {empty:.2f} s", flush=True)


def megabytes(file: pathlib.Path) -> int:
    return round(file.stat().st_size / 1e6)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["cpu", "cuda"])
    parser.add_argument("--from-build", action="store_true")
    parser.add_argument("--certificates", type=pathlib.Path)
    args = parser.parse_args()
    reason = images.unavailable()
    check(reason is None, f"cannot build images: {reason}")
    check(INFER.exists() and (DEMO / "sentiment.pt2").exists(), "run scripts/demo.sh first: it makes what is scored")
    with scratch(keep_on_failure=False, prefix="infer_image_") as folder:
        image = build(Store(folder), args, folder)
        with image.container() as container:
            trial = Trial(INFER, image, container, folder / "data")
            trial.take(DEMO / "sentiment.pt2", DEMO / "tweets.jsonl")
            describe(trial)
            code = run_each(tests_of(trial), Program(INFER, DEMO))
            print(f"the rows' SHA-256: {trial.rows_outside}")
            return code


if __name__ == "__main__":
    sys.exit(main())
