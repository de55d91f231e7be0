"""What the text benchmark compares: each contender's model, made when missing, and the command that scores a file."""

import argparse
import hashlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from model_size import size_of
from process_meter import MPI_ENVIRONMENT, MPIRUN
from report import ROOT
from text_tasks import Embeddings, Task

CORES = len(os.sched_getaffinity(0))
LONGEST = "512"
EXPORTED_AS = {"fp32": ["--dtype", "float32"], "bf16": ["--dtype", "bfloat16"], "int8": ["--dtype", "bfloat16", "--quantize", "int8"]}
PRECISION = {"float32": "fp32", "bfloat16": "bf16"}


def add_text_arguments(parser: argparse.ArgumentParser) -> None:
    """What every benchmark of the text model can be told."""
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench/text")
    parser.add_argument("--model", type=Path, default=ROOT / "build/demo_text/minilm", help="made by scripts/demo.sh")
    parser.add_argument("--results", type=Path)


@dataclass
class Contender:
    """`command(input, output)` scores a file on all cores."""

    name: str
    precision: str
    command: Callable[[Path, Path], list[str]]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("infer")


class Workshop:
    """Models in the forms that the contenders want for a task, below one folder."""

    def __init__(self, folder: Path, source: Path, demo: Path | None = None, task: type[Task] = Embeddings) -> None:
        """`source` is the Hugging Face folder of the model; the demo's texts are in `demo`, or beside it."""
        self.folder = folder
        self.source = source
        self.texts = (demo or source.parent) / "train.jsonl"
        self.task = task(source)
        self.python = ROOT / "build/bench/venv/bin/python"

    def made(self, name: str, make: Callable[[Path], list[list[str]]]) -> Path:
        """folder/name, by the commands of `make` when it is not there; a broken one leaves nothing behind."""
        path = self.folder / name
        if not path.exists():
            new = path.with_name("new_" + path.name)
            for command in make(new):
                subprocess.run(list(map(str, command)), check=True, cwd=ROOT)
            new.rename(path)
        return path

    def bundle(self, precision: str) -> Path:
        """Of infer's exporter as it is now, at a precision of EXPORTED_AS."""
        sources = [*sorted((ROOT / "scripts/infer_export").glob("*.py")), *self.task.made_of]
        made_from = hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:8]
        return self.made(f"{precision}_{made_from}.pt2", lambda new: [
            [ROOT / ".venv/bin/python", ROOT / "scripts/export_model.py", *self.task.bundle_flags,
             *EXPORTED_AS[precision], "--max-length", LONGEST, "--out", new, "--overwrite"]])

    def exported(self, backend: str) -> Path:
        """A folder as sentence-transformers wants it, with the backend's fp32 and int8 models."""
        return self.made(backend, lambda new: [[self.python, ROOT / "scripts/bench/peers/export.py", self.source, new, backend]])


def random_workshop(folder: Path, shape: str, model: Path) -> Workshop:
    """For a model of that shape with random weights, and the tokenizer of `model`."""
    workshop = Workshop(folder / shape, folder / shape / "model", model.parent)
    workshop.folder.mkdir(parents=True, exist_ok=True)
    workshop.made("model", lambda new: [[workshop.python, ROOT / "scripts/bench/peers/random_weights.py", model, new, shape]])
    return workshop


def ours(workshop: Workshop, program: Path, precision: str, ranks: int) -> Contender:
    """"ranks x replicas": each rank has its share of the cores."""
    launcher = [*MPIRUN, "-np", str(ranks)] if ranks > 1 else []
    model = workshop.bundle(precision)
    return Contender(
        f"infer {ranks}x{CORES // ranks}", precision,
        lambda data, out: [*launcher, str(program), "--model", str(model), "--input", str(data), "--output", str(out)],
        MPI_ENVIRONMENT)


def peer(workshop: Workshop, script: str, *arguments: str) -> Callable[[Path], Callable[[Path, Path], list[str]]]:
    """Given the model: the command of a script in peers/."""
    path = str(ROOT / "scripts/bench/peers" / script)
    return lambda model: lambda data, out: [str(workshop.python), path, str(model), str(data), str(out), *arguments]


def torchrun(workshop: Workshop, dtype: str) -> Callable[[Path, Path], list[str]]:
    path = str(ROOT / "scripts/bench/peers/torchrun_transformers.py")
    launcher = [str(workshop.python), "-m", "torch.distributed.run", "--nproc-per-node", str(CORES)]
    return lambda data, out: [*launcher, path, str(workshop.source), str(data), str(out), dtype]


def contenders(workshop: Workshop, program: Path) -> list[Contender]:
    """All of them; makes the models that are missing."""
    all_cores, width = str(CORES), str(size_of(workshop.source).hidden)
    onnx, openvino, ct2 = (workshop.exported(name) for name in ("onnx", "openvino", "ctranslate2"))

    def library(name: str, backend: str, dtype: str, model: Path) -> Contender:
        script = peer(workshop, "sentence_transformers_encode.py", backend, dtype, all_cores)
        return Contender(name, PRECISION[dtype], script(model))

    def engine(name: str, precision: str, model: Path) -> Contender:
        return Contender(name, precision, peer(workshop, "engine_encode.py", name, precision, all_cores, width)(model))

    found = [ours(workshop, program, precision, ranks) for precision in EXPORTED_AS for ranks in sorted({1, CORES})]
    for dtype, precision in PRECISION.items():
        found += [Contender("torchrun transformers", precision, torchrun(workshop, dtype), {"OMP_NUM_THREADS": "1"}),
                  library("sentence-transformers", "torch", dtype, workshop.source),
                  library("sentence-transformers openvino", "openvino", dtype, openvino),
                  engine("openvino", precision, openvino / "openvino/openvino_model.xml")]
    found += [library("sentence-transformers onnx", "onnx", "float32", onnx),
              engine("onnxruntime", "fp32", onnx / "onnx/model.onnx"), engine("ctranslate2", "fp32", ct2)]
    found += [engine("onnxruntime", "int8", onnx / "onnx/model_int8.onnx"), engine("ctranslate2", "int8", ct2),
              engine("openvino", "int8", openvino / "openvino/openvino_model_int8.xml")]
    return found
