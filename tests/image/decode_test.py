"""Pictures have the pixels that Pillow gives them, and are refused where it refuses them.

    decode_test.py DECODE_IMAGES [--seed 1] [--damaged 1]

DECODE_IMAGES is the test program. Whole files of every kind must be decoded, or refused, as by
ImageOps.exif_transpose(Image.open(file)).convert("RGB"), and without exif_transpose() as the program's "as-it-lies".
Of damaged files nearly all must find the same verdict, and those that both decode the same pixels; --damaged tells how
many times as many of them. Prints what was compared, and what differs.
"""

import argparse
import io
import struct
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from pictures import all_pictures, damaged

import numpy as np
from PIL import Image, ImageOps

LEAST_SAME_VERDICTS = 0.99
Decoded = np.ndarray | str


def ours(program: str, files: list[bytes], folder: Path, *flags: str) -> list[Decoded]:
    """Pixels, or the message."""
    paths = [folder / str(i) for i in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    lines = "".join(f"{path}\n" for path in paths)
    output = subprocess.run([program, *flags], input=lines.encode(), check=True, capture_output=True).stdout
    results: list[Decoded] = []
    at = 0
    while at < len(output):
        height, width, size = struct.unpack_from("<3I", output, at)
        content = output[at + 12:at + 12 + size]
        results.append(np.frombuffer(content, np.uint8).reshape(height, width, 3) if height else content.decode())
        at += 12 + size
    return results


def pillow(content: bytes, orient: bool = True) -> Decoded:
    """Pixels, or what is wrong."""
    try:
        image: Image.Image = Image.open(io.BytesIO(content))
        return np.asarray((ImageOps.exif_transpose(image) if orient else image).convert("RGB"))
    except Exception as error:  # noqa: BLE001  what Pillow says of a broken file
        return f"{type(error).__name__}: {error}"


def difference(got: Decoded, want: Decoded) -> str:
    """Empty when both are the same pixels, or both a refusal."""
    if isinstance(got, str) or isinstance(want, str):
        if isinstance(got, str) and isinstance(want, str):
            return ""
        return f"ours: {got if isinstance(got, str) else 'decoded'}; Pillow: {want if isinstance(want, str) else 'decoded'}"
    if got.shape != want.shape:
        return f"sizes: ours {got.shape}, Pillow {want.shape}"
    wrong = (got != want).sum()
    return f"pixels: {wrong} of {got.size} values differ, most by {abs(got.astype(int) - want).max()}" if wrong else ""


def compare_whole(program: str, named: list[tuple[str, bytes]], folder: Path, orient: bool) -> int:
    """How many differ."""
    flags = [] if orient else ["as-it-lies"]
    results = ours(program, [content for _, content in named], folder, *flags)
    if len(results) != len(named):
        raise SystemExit(f"{len(results)} results of {len(named)} files")
    wrong = decoded = 0
    for (name, content), got in zip(named, results, strict=True):
        told = difference(got, pillow(content, orient))
        decoded += not isinstance(got, str)
        if told:
            wrong += 1
            print(f"{name}: {told}")
    print(f"{len(named)} whole files, {'upright' if orient else 'as they lie'}: {decoded} decoded, {wrong} differ")
    return wrong


def compare_damaged(program: str, named: list[tuple[str, bytes]], folder: Path) -> int:
    """How many have other pixels; one more when too many verdicts differ."""
    results = ours(program, [content for _, content in named], folder)
    if len(results) != len(named):
        raise SystemExit(f"{len(results)} results of {len(named)} damaged files")
    other_pixels = other_verdicts = decoded = 0
    for (name, content), got in zip(named, results, strict=True):
        told = difference(got, pillow(content))
        decoded += not isinstance(got, str)
        if told:
            print(f"{name}: {told}")
        other_verdicts += told.startswith("ours")
        other_pixels += bool(told) and not told.startswith("ours")
    print(f"{len(named)} damaged files: {decoded} decoded; {other_verdicts} verdicts and {other_pixels} pictures differ")
    return other_pixels + (other_verdicts > (1 - LEAST_SAME_VERDICTS) * len(named))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damaged", type=int, default=1)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    whole = all_pictures(args.seed)
    broken = list(damaged(whole[::9], args.seed, 4 * args.damaged, 4 * args.damaged))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wrong = compare_whole(args.program, whole, folder, orient=True)
        wrong += compare_whole(args.program, whole[::3], folder, orient=False)
        wrong += compare_damaged(args.program, broken, folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
