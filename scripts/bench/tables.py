"""How fast one core reads Parquet and Arrow files into what a model takes, beside pyarrow, which reads the same columns
into Arrow arrays on one thread.

    scripts/bench/tables.py [--rows 200000] [--runs 7] [--program build/release/bin/tables]

Both take turns, in warm processes; the medians of rows per second of the processor, and median and quartiles of their ratio. Writes results/DATE-CPU/tables.md with --write FOLDER.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

WORDS = "the quick brown fox jumps over a lazy dog while seventeen zebras watch from behind the old stone wall".split()
# Name, columns that are read, and what the program is to make of them.
CASES = {
    "text and label": (["text", "label"], ["--carried", "text,label"]),
    "text and 64 floats": (["text", "x"], ["--carried", "text", "--numbers", "x:64"]),
    "64 floats": (["x"], ["--numbers", "x:64"]),
}


def make_table(rows: int) -> pa.Table:
    rng = numpy.random.default_rng(1)
    lengths = rng.integers(10, 60, rows)
    texts = [" ".join(WORDS[i] for i in rng.integers(0, len(WORDS), length)) for length in lengths]
    values = pa.array(rng.standard_normal(rows * 64, numpy.float32))
    x = pa.ListArray.from_arrays(pa.array(numpy.arange(0, rows * 64 + 1, 64, dtype=numpy.int32)), values)
    return pa.table({"text": texts, "label": rng.integers(0, 5, rows), "x": x, "other": rng.standard_normal(rows)})


def write_files(folder: pathlib.Path, table: pa.Table) -> dict[str, pathlib.Path]:
    files = {"Parquet, 10 row groups": folder / "ten.parquet", "Parquet, 1 row group": folder / "one.parquet",
             "Arrow, lz4, 20 batches": folder / "batches.arrow"}
    rows = table.num_rows
    pyarrow.parquet.write_table(table, files["Parquet, 10 row groups"], compression="zstd", row_group_size=rows // 10)
    pyarrow.parquet.write_table(table, files["Parquet, 1 row group"], compression="zstd", row_group_size=rows)
    packed = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    with pyarrow.ipc.new_file(str(files["Arrow, lz4, 20 batches"]), table.schema, options=packed) as writer:
        writer.write_table(table, max_chunksize=rows // 20)
    return files


def theirs(path: pathlib.Path, columns: list[str]) -> float:
    start = time.process_time()
    if path.suffix == ".parquet":
        table = pyarrow.parquet.ParquetFile(path).read(columns=columns, use_threads=False)
    else:
        table = pyarrow.ipc.open_file(path.read_bytes()).read_all().select(columns)
    assert table.num_rows > 0
    return time.process_time() - start


def ours(program: pathlib.Path, path: pathlib.Path, flags: list[str], rows: int) -> float:
    done = subprocess.run([str(program), str(path), *flags], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert said["rows"] == rows, said
    return said["read_s"] + said["decode_s"]


def compare(program: pathlib.Path, path: pathlib.Path, case: str, rows: int, runs: int) -> str:
    columns, flags = CASES[case]
    pairs = [(theirs(path, columns), ours(program, path, flags, rows)) for _ in range(runs)]
    ratios = [their_s / our_s for their_s, our_s in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    their_rate = rows / statistics.median(pair[0] for pair in pairs) / 1e3
    our_rate = rows / statistics.median(pair[1] for pair in pairs) / 1e3
    return f"{our_rate:.0f} | {their_rate:.0f} | **{middle:.2f}** | {low:.2f} to {high:.2f} | {min(ratios):.2f} to {max(ratios):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("build/release/bin/tables"))
    parser.add_argument("--write", type=pathlib.Path, help="folder of results")
    args = parser.parse_args()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    lines = ["| file | columns | infer, thousand rows per processor second | pyarrow | ratio | quartiles | of all runs |",
             "|---|---|---:|---:|---:|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in write_files(pathlib.Path(folder), make_table(args.rows)).items():
            for case in CASES:
                lines.append(f"| {kind} | {case} | {compare(args.program, path, case, args.rows, args.runs)} |")
                print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        head = (f"# Reading Parquet and Arrow on one core, beside pyarrow {pa.__version__}\n\n`scripts/bench/tables.py --rows "
                f"{args.rows} --runs {args.runs}`: texts of 10 to 60 words, 64 float32 a row, zstd; pyarrow ends at Arrow arrays, "
                "infer at tensors and at texts that are checked; seconds of the processor.\n\n")
        (args.write / "tables.md").write_text(head + text)


if __name__ == "__main__":
    main()
