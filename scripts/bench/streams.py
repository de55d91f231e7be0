"""How fast rank 0 reads and cuts a stream, beside what unpacks it alone: gzip -dc, zstd -dc and cat to nowhere.

    scripts/bench/streams.py PLAIN [--runs 7] [--program build/release/bin/streams]

PLAIN is a file of JSON Lines. Both take turns; the medians of the bytes (unpacked) per second, and their ratio.
"""

import argparse
import pathlib
import shlex
import statistics
import subprocess
import tempfile
import time


def seconds(command: str) -> float:
    start = time.perf_counter()
    subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(name: str, bare: str, own: str, size: int, runs: int) -> None:
    pairs = [(seconds(bare), seconds(own)) for _ in range(runs)]
    bare_s = statistics.median(pair[0] for pair in pairs)
    own_s = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
    spread = sorted(pair[0] / pair[1] for pair in pairs)
    print(f"{name:<16} {size / bare_s / 1e6:8.0f} MB/s alone {size / own_s / 1e6:8.0f} MB/s cut   ratio {ratio:.2f} ({spread[0]:.2f} to {spread[-1]:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plain", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("build/release/bin/streams"))
    args = parser.parse_args()
    program = shlex.quote(str(args.program))
    plain = shlex.quote(str(args.plain))
    size = args.plain.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        packed = {name: f"{folder}/packed.{name}" for name in ("gz", "zst")}
        subprocess.run(f"gzip -1 -c {plain} > {packed['gz']}; zstd -q -c {plain} > {packed['zst']}", shell=True, check=True)
        compare("gzip", f"gzip -dc {packed['gz']}", f"{program} {packed['gz']}", size, args.runs)
        compare("zstd", f"zstd -q -dc {packed['zst']}", f"{program} {packed['zst']}", size, args.runs)
        compare("zstd, 1 thread", f"zstd -q -dc --single-thread --no-asyncio {packed['zst']}", f"{program} {packed['zst']}", size, args.runs)
    compare("standard input", f"cat {plain} | cat", f"cat {plain} | {program} -", size, args.runs)
    compare("plain file", f"cat {plain}", f"{program} {plain}", size, args.runs)


if __name__ == "__main__":
    main()
