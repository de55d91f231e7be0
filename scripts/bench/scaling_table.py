"""The scaling benchmark's page in Markdown and its plot, from the results alone."""

from pathlib import Path

from report import provenance, pyplot, save_plot


def _figure(value: dict[str, float], scale: float = 1, digits: int = 2) -> str:
    """Median (least to most)."""
    median, least, most = (f"{value[which] * scale:,.{digits}f}" for which in ("median", "min", "max"))
    return f"{median} ({least} to {most})"


def _cores(part: dict) -> list[str]:
    return ["## A second core", "",
            ("Rows/s against one rank on one core in the same turn: of the run, from the first grant to the committed output; and of "
             "the whole command, with start and end. Two jobs that know nothing of each other show what the machine gives."), "",
            "| | rows | chunks | run, s | whole command, s | times the rows/s | with start and end |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *(f"| {name} | {way['rows']:,} | {way['chunks']} | {_figure(way['run_s'])} | {_figure(way['wall_s'])} | "
              f"{_figure(way['speedup'])} | {_figure(way['speedup_with_start'])} |" for name, way in part.items())]


def _rounds(part: dict) -> list[str]:
    return ["## Rounds", "",
            ("A model that adds four numbers, more ranks than cores. Solved from jobs with more chunks and with more rows. A chunk here is "
             "one small batch, whose forward is in its cost; a round is one gather with the chunks that it carries. Busy cores: processor seconds per second of these chunks. The share is what a chunk itself costs, "
             "of the processor time of 1024 such rows in one chunk."), "",
            "| ranks | chunks | per chunk, µs | per round, ms | chunks per round | per row, µs | CPU per chunk, µs | CPU per row, µs | busy cores | share |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *(_rounds_row(ranks, cost) for ranks, cost in part.items())]


def _rounds_row(ranks: str, cost: dict) -> str:
    return (f"| {ranks} | {cost['chunks']:,} | {_figure(cost['chunk_s'], 1e6, 0)} | {_figure(cost['round_s'], 1e3, 1)} | {cost['chunks_per_round']:.0f} | "
            f"{_figure(cost['row_s'], 1e6)} | {_figure(cost['chunk_cpu_s'], 1e6, 0)} | {_figure(cost['row_cpu_s'], 1e6)} | "
            f"{cost['busy_cores']:.2f} | {cost['share_of_default_chunk']:.1%} |")


def _slow(part: dict) -> list[str]:
    if "skipped" in part:
        return ["## A slow rank", "", f"Skipped: {part['skipped']}."]
    return ["## A slow rank", "",
            ("Two ranks on two cores, rank 1 with a quarter of its core. Ideal: the time of one rank on one core ÷ 1.25. By static's time, "
             f"which is that of rank 1 with its half, it was {_figure(part['times_slower'])} times slower."), "",
            "| | chunks | run, s | over the ideal |",
            "|---|---:|---:|---:|",
            *(f"| {name} | {way['chunks']} | {_figure(way['run_s'])} | {_figure(way['over_ideal'])} |"
              for name, way in part["ways"].items())]


def table(result: dict) -> str:
    """The whole page."""
    lines = [f"# {result['what']}", "", (f"{provenance(result)} {result['machine']['mpi']}. {result['text_model']}. Medians of "
              f"{result['runs']} run(s) in turn, with least and most.")]
    for name, part in (("cores", _cores), ("rounds", _rounds), ("slow", _slow)):
        if name in result:
            lines += ["", *part(result[name])]
    return "\n".join(lines) + "\n"


def write_plot(result: dict, folder: Path) -> None:
    """scaling.png and scaling.svg: the costs of the rounds over the number of ranks; nothing without them or matplotlib."""
    try:
        plot = pyplot()
    except ImportError:
        print("no matplotlib here, so no plot")
        return
    costs = result.get("rounds", {})
    if not costs:
        return
    ranks = [int(each) for each in costs]
    figure, panels = plot.subplots(1, 3, figsize=(12, 4))
    curves = (("µs per chunk", 1e6, ("chunk_s", "chunk_cpu_s")), ("ms per round", 1e3, ("round_s",)),
              ("µs per row", 1e6, ("row_s", "row_cpu_s")))
    for panel, (unit, scale, names) in zip(panels, curves, strict=True):
        for name in names:
            medians, least, most = ([cost[name][which] * scale for cost in costs.values()] for which in ("median", "min", "max"))
            panel.fill_between(ranks, least, most, alpha=0.2)
            panel.plot(ranks, medians, marker="o", label="processor" if "cpu" in name else "wall")
        panel.set_xscale("log", base=2)
        panel.set_xticks(ranks, map(str, ranks))
        panel.set_ylim(bottom=0)
        panel.set_xlabel("ranks")
        panel.set_title(unit)
        panel.legend()
    save_plot(figure, "scaling", folder)
