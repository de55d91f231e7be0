"""The text benchmark's table in Markdown and its plots, from the results alone."""

from pathlib import Path

from report import provenance, pyplot, save_plot
from text_tasks import PRECISIONS, Task

TITLES = ("texts/s", "tokens/s", "seconds (spread)", "first row, s", "of the peak", "CPU s per million", "MiB", "padding")


def best(task: Task, rows: list[dict], precision: str, ours: bool) -> dict | None:
    """The fastest row that is exact enough."""
    some = [row for row in rows if row["precision"] == precision and row["ours"] == ours and task.exact_enough(row)]
    return min(some, key=lambda row: row["median_s"], default=None)


def best_peers(task: Task, sets: dict) -> dict:
    """By set and precision: how many times as fast infer's best row is as the best peer's, by the medians, where it is as exact."""
    ratios: dict = {}
    for name, each in sets.items():
        for precision in PRECISIONS:
            mine, theirs = best(task, each["rows"], precision, True), best(task, each["rows"], precision, False)
            if mine and theirs and task.as_exact(mine, theirs):
                ratios.setdefault(name, {})[precision] = {
                    "ratio": theirs["median_s"] / mine["median_s"], "ours": mine["name"], "peer": theirs["name"]}
    return ratios


def _row(task: Task, row: dict, gflop_per_text: float, peaks: dict[str, float]) -> str:
    peak = peaks.get(row["precision"])
    share = f"{row['rows_per_s'] * gflop_per_text / peak:.0%}" if peak else ""
    padding = f"{row['padding']:.1%}" if row["padding"] is not None else ""
    return (f"| {row['name']} | {row['precision']} | {row['rows_per_s']:,.0f} | {row['tokens_per_s']:,.0f} | {row['median_s']:.2f} "
            f"({row['min_s']:.2f} to {row['max_s']:.2f}) | {row['first_row_s']:.2f} | {share} | {row['cpu_s_per_million_rows']:,.0f} | "
            f"{row['peak_mib']:,.0f} | {padding} | {' | '.join(cell(row) for cell in task.columns.values())} |")


def _head(task: Task) -> list[str]:
    titles = [*TITLES, *task.columns]
    return [f"| | | {' | '.join(titles)} |", "|---|---|" + "---:|" * len(titles)]


def table(task: Task, result: dict) -> str:
    """The whole page."""
    lines = [f"# {result['what']}", "", (f"{provenance(result)} Products reach "
              f"{result['gemm_peak_gflops']['fp32']:.0f} Gflop/s in fp32 and {result['gemm_peak_gflops']['bf16']:.0f} in bf16. "
              "Seconds are of the whole process, start and end included.")]
    for name, each in result["sets"].items():
        lines += ["", f"## {name}: {each['texts']:,} texts, {each['tokens']:,} tokens, {each['mean_tokens']:.0f} on average", ""]
        for precision, ratio in result["ratios"].get(name, {}).items():
            lines += [f"{precision}: {ratio['ours']} is {ratio['ratio']:.2f} times as fast as {ratio['peer']}.", ""]
        rows = sorted(each["rows"], key=lambda row: row["median_s"])
        lines += [*_head(task), *(_row(task, row, each["gflop_per_text"], result["gemm_peak_gflops"]) for row in rows)]
    return "\n".join(lines) + "\n"


def write_plots(result: dict, name: str, folder: Path) -> None:
    """name.png and name.svg: texts/s of every contender, a panel for each set."""
    sets = result["sets"]
    figure, panels = pyplot().subplots(1, len(sets), figsize=(4.2 * len(sets), 6), squeeze=False)
    for panel, (title, each) in zip(panels[0], sets.items(), strict=True):
        rows = sorted(each["rows"], key=lambda row: row["rows_per_s"])
        labels = [f"{row['name']} {row['precision']}" for row in rows]
        colours = ["tab:orange" if row["ours"] else "tab:gray" for row in rows]
        panel.barh(labels, [row["rows_per_s"] for row in rows], color=colours)
        panel.set_title(title)
        panel.set_xlabel("texts/s")
    save_plot(figure, name, folder)
