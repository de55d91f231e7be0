"""A folder of JPEGs to labels by ResNet-50, beside torchvision's DataLoader with torch, onnxruntime and OpenVINO.

    build/bench/venv/bin/python scripts/bench/images.py [--pictures 5000] [--runs 3] [--only NAME ...] [--results DIR]

Whole processes on all cores, from the folder to JSON Lines; the contenders take turns. The weights are random, by a seed. Labels
must agree with the first contender's, in bf16 as often as the peers' do. scripts/bench/text.sh sets up the environment. Writes
images.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from contenders import CORES, Contender
from pictures import write_pictures
from process_meter import MPI_ENVIRONMENT, MPIRUN, Measured, measure
from report import ROOT, machine, package_versions, write_results

PEERS = ROOT / "scripts/bench/peers"
PREPROCESS = {"backend": "pil", "orient": False, "rescale": 1 / 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
              "steps": [{"step": "resize_shortest", "size": 256, "filter": "bilinear"}, {"step": "center_crop", "size": [224, 224]}]}
DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
BATCH = "16"
FEW = 512  # pictures, for the memory: each look at a process takes it 8 ms
LEAST_AGREEMENT = 0.998  # in fp32
WORSE_THAN_PEERS = 0.05  # in bf16: random weights magnify rounding, to 45 % other labels with every engine


class Workshop:
    """Models in the forms that the contenders want."""

    def __init__(self, folder: Path, infer: Path) -> None:
        self.folder, self.infer, self.python = folder, infer, ROOT / "build/bench/venv/bin/python"
        folder.mkdir(parents=True, exist_ok=True)

    def bundle(self, precision: str) -> Path:
        path = self.folder / f"resnet50_{precision}.pt2"
        preprocess = self.folder / "preprocess.json"
        preprocess.write_text(json.dumps(PREPROCESS))
        labels = self.folder / "labels.txt"
        labels.write_text("".join(f"{number}\n" for number in range(1000)))
        if not path.exists():
            self.run(ROOT / ".venv/bin/python", ROOT / "scripts/export_model.py", "--factory", "resnet50:build", "--task",
                     "image-classification", "--preprocess", preprocess, "--labels", f"@{labels}", "--dtype", DTYPES[precision], "--out", path)
        return path

    def peers_model(self, kind: str, ending: str) -> Path:
        path = self.folder / f"resnet50{ending}"
        if not path.exists():
            self.run(self.python, PEERS / "make_images_model.py", path, kind)
        return path

    def run(self, *command: object) -> None:
        subprocess.run(list(map(str, command)), check=True, cwd=ROOT, stdout=sys.stderr, env=os.environ | {"PYTHONPATH": str(PEERS)})

    def ours(self, precision: str, ranks: int = 1) -> Contender:
        launcher = [*MPIRUN, "-np", str(ranks)] if ranks > 1 else []
        package = self.bundle(precision)
        return Contender(f"infer {precision}" + f", {ranks} ranks" * (ranks > 1), precision, lambda data, out: [
            *launcher, str(self.infer), "--device", "cpu", "--model", str(package), "--input", str(data), "--output", str(out)],
            MPI_ENVIRONMENT)

    def peer(self, engine: str, precision: str) -> Contender:
        files = {"onnxruntime": ("onnx", ".onnx"), "openvino": ("openvino", ".xml")}
        model = ["--model", str(self.peers_model(*files[engine]))] if engine in files else []
        return Contender(f"{engine} {precision}", precision, lambda data, out: [
            str(self.python), str(PEERS / "label_images.py"), str(data), str(out), engine, DTYPES[precision], str(CORES), BATCH, *model])


def labels_of(path: Path) -> list[str]:
    return [json.loads(line)["label"] for line in path.read_text().splitlines()]


class Field:
    """All contenders on one folder."""

    def __init__(self, folder: Path, field: list[Contender], pictures: Path, few: Path) -> None:
        self.folder, self.field, self.pictures, self.few = folder, field, pictures, few

    def once(self, which: int, pictures: Path, memory: bool = False) -> Measured:
        out = self.folder / f"out_{which}.jsonl"
        command = self.field[which].command(pictures, out)
        return measure(command, out, out.with_suffix(".log"), self.field[which].environment, memory)

    def run(self, runs: int) -> list[dict]:
        peaks = [self.once(which, self.few, memory=True).peak_mib for which in range(len(self.field))]
        measured: dict[int, list[Measured]] = {which: [] for which in range(len(self.field))}
        for turn in range(runs):
            for place in range(len(self.field)):
                which = (turn + place) % len(self.field)
                measured[which].append(self.once(which, self.pictures))
                print(f"{self.field[which].name}: {measured[which][-1].wall_s:.1f} s", file=sys.stderr, flush=True)
        first = labels_of(self.folder / "out_0.jsonl")
        return [self.summary(which, measured[which], peaks[which], first) for which in range(len(self.field))]

    def summary(self, which: int, runs: list[Measured], peak_mib: float | None, expected: list[str]) -> dict:
        contender = self.field[which]
        labels = labels_of(self.folder / f"out_{which}.jsonl")
        agreement = statistics.mean(one == other for one, other in zip(labels, expected, strict=True))
        if contender.precision == "fp32" and agreement < LEAST_AGREEMENT:
            raise SystemExit(f"{contender.name}: {agreement:.1%} of the labels are those of {self.field[0].name}")
        rates = [len(expected) / one.wall_s for one in runs]
        return {"name": contender.name, "pictures_per_s": {"median": round(statistics.median(rates), 2), "least": round(min(rates), 2),
                                                            "most": round(max(rates), 2)},
                "cpu_s_per_picture": round(statistics.median(one.cpu_s for one in runs) / len(expected), 4),
                "peak_mib": round(peak_mib or 0), "same_labels": round(agreement, 4)}


def check_reduced(rows: list[dict]) -> None:
    """infer's labels in bf16 beside the peers'."""
    agreement = {row["name"]: row["same_labels"] for row in rows if "bf16" in row["name"]}
    ours = agreement.pop("infer bf16", 1.0)
    if agreement and ours < min(agreement.values()) - WORSE_THAN_PEERS:
        raise SystemExit(f"infer bf16: {ours:.1%} of the labels are those of fp32, of the peers' {agreement}")


def against_best(rows: list[dict]) -> dict[str, float]:
    """Of each precision: infer's rate over the fastest peer's."""
    ratios = {}
    for precision in DTYPES:
        rates = {row["name"]: row["pictures_per_s"]["median"] for row in rows if precision in row["name"]}
        peers = [rate for name, rate in rates.items() if not name.startswith("infer")]
        if f"infer {precision}" in rates and peers:
            ratios[precision] = round(rates[f"infer {precision}"] / max(peers), 3)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="contenders, by the begin of their names")
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench/images")
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    workshop = Workshop(args.scratch, args.infer)
    folder, few = (args.scratch / f"photos_{count}" for count in (args.pictures, FEW))
    write_pictures(folder, args.pictures)
    write_pictures(few, FEW)
    field = [workshop.ours("fp32"), workshop.ours("bf16"),
             *[workshop.peer(engine, "fp32") for engine in ("openvino", "onnxruntime", "torch")],
             *[workshop.peer(engine, "bf16") for engine in ("openvino", "torch")]]
    if args.only:
        field = [one for one in field if one.name.startswith(tuple(args.only))]
    rows = Field(args.scratch, field, folder, few).run(args.runs)
    check_reduced(rows)
    result = {
        "what": f"{args.pictures} JPEGs like ImageNet's in a folder to labels by ResNet-50, whole processes on {CORES} cores, {args.runs} rounds",
        "command": "images.py " + " ".join(sys.argv[1:]),
        "machine": machine() | package_versions(("openvino", "onnxruntime", "torchvision", "pillow")),
        "load_average": os.getloadavg(), "rows": rows, "against_best_peer": against_best(rows),
    }
    print(json.dumps(result["against_best_peer"]))
    write_results(result, "images.json", args.results)


if __name__ == "__main__":
    main()
