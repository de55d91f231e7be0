"""The text of the results, from the findings alone."""

from collections.abc import Iterator, Sequence
from typing import Any

Row = dict[str, Any]
COLUMNS = ("texts/s", "tokens/s", "of bound", "whole texts/s", "least cosine")
EXPLAINED = """\
texts/s and tokens/s: of the run itself, without start-up. of bound: tokens/s of the fastest bound for the same texts; the bound is the
model alone, its batches on the device, its shapes warmed up. whole texts/s: start-up included; of a peer calculated from its start-up
and its pace, which was taken on the first texts of the set. least cosine: to sentence-transformers in float32, else to the bound."""


def pairs_of(rows: Sequence[Row]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["shape"], row["set"]) for row in rows if "tokens_per_s" in row and "apart" not in row))


def best(rows: Sequence[Row], which: str) -> Row | None:
    """The fastest "bound", "ours" or "peer" of the rows of a pair."""
    def kind(row: Row) -> str:
        return "bound" if row.get("bound") else "ours" if row["who"].startswith("infer") else "peer"
    return max((row for row in rows if kind(row) == which), key=lambda row: row["tokens_per_s"], default=None)


def _line(who: str, cells: Sequence[str]) -> str:
    return f"  {who:50}" + "".join(f"{cell:>15}" for cell in cells)


def _cells(row: Row, bound: Row | None, cosines: dict[str, str]) -> list[str]:
    return [f"{row['texts_per_s']:,.0f}", f"{row['tokens_per_s']:,.0f}", f"{row['tokens_per_s'] / bound['tokens_per_s']:.0%}" if bound else "",
            f"{row['whole_texts_per_s']:,.0f}" if "whole_texts_per_s" in row else "",
            cosines.get(row.get("vectors", ""), "")]


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    ours = best(rows, "ours")
    for which in ("bound", "peer"):
        other = best(rows, which)
        if ours and other:
            yield f"  {ours['who']} is {ours['tokens_per_s'] / other['tokens_per_s']:.2f} times as fast as the fastest {which} ({other['who']})"


def pair_table(rows: Sequence[Row], shape: str, name: str) -> list[str]:
    """Everybody on one set of texts, the fastest first."""
    here = [row for row in rows if (row.get("shape"), row.get("set")) == (shape, name)]
    timed = sorted((row for row in here if "tokens_per_s" in row and "apart" not in row), key=lambda row: -row["tokens_per_s"])
    compared = [row for row in here if "least_cosine" in row]
    cosines = {row["vectors"]: f"{row['least_cosine']:.6f}" for row in compared} | {row["reference"]: "reference" for row in compared}
    bound = best(timed, "bound")
    return [f"{shape}, {name}", _line("", COLUMNS), *(_line(row["who"], _cells(row, bound, cosines)) for row in timed), *_ratios(timed), ""]


def apart_table(rows: Sequence[Row]) -> list[str]:
    """What is compared among itself: cuDNN's attention, ranks."""
    some = [row for row in rows if "apart" in row and "tokens_per_s" in row]
    lines = [_line(f"{row['who']}, {row['shape']}, {row['set']}", _cells(row, None, {})) for row in some]
    return ["by itself", _line("", COLUMNS), *lines, ""] if some else []


def sizes_table(rows: Sequence[Row]) -> list[str]:
    found = [f"  {row['set']}: {row['texts']:,} texts, {row['tokens']:,} tokens, {row['tokens'] / row['texts']:.0f} on average"
             for row in rows if "bytes" in row and "texts" in row]
    found += [f"  {row['model']}: {row['parameters']:,} parameters" for row in rows if "parameters" in row]
    found += [f"  {row['shape']}.{row['kind']}: {row['mib']} MiB, exported in {row['seconds']} s" for row in rows if "mib" in row]
    found += [f"  {row['shape']}, {row['search']}: infer bench advises {', '.join(row['advice'])}" for row in rows if "advice" in row]
    return ["made here", *found, ""] if found else []


def faults_table(rows: Sequence[Row]) -> list[str]:
    found = []
    for row in rows:
        if "fault" in row:
            said = ", ".join(f"{key} {value}" for key, value in row.items() if key not in ("fault", "error"))
            found.append(f"  {row['fault']}: {'FAILED: ' + row['error'] if 'error' in row else 'right'}" + (f" ({said})" if said else ""))
    return ["faults", *found, ""] if found else []


def decoding_table(rows: Sequence[Row]) -> list[str]:
    """Pictures decoded by the CPU and by nvJPEG."""
    found = []
    for row in rows:
        if "decode" in row and "error" not in row:
            found.append(f"  {row['decode']}: " + ", ".join(f"{key} {value:,}" for key, value in row.items() if key != "decode"))
    return ["JPEGs by --decode", *found, ""] if found else []


def not_measured(rows: Sequence[Row]) -> list[str]:
    """Failed and skipped rows, each with its reason."""
    def name(row: Row) -> str:
        keys = ("who", "fault", "search", "model", "kind", "vectors", "shape", "set", "decode")
        return ", ".join(dict.fromkeys(str(row[key]) for key in keys if row.get(key)))
    found = [f"  {name(row)}: {'FAILED: ' + row['error'] if 'error' in row else 'skipped: ' + row['skipped']}"
             for row in rows if "error" in row or "skipped" in row]
    return ["not measured", *found, ""] if found else []


def page(rows: Sequence[Row]) -> str:
    """All of it; `rows` are the findings of all stages."""
    lines = sizes_table(rows)
    for shape, name in pairs_of(rows):
        lines += pair_table(rows, shape, name)
    lines += [EXPLAINED, "", *apart_table(rows), *faults_table(rows), *decoding_table(rows), *not_measured(rows)]
    return "\n".join(lines)
