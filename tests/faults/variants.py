"""What the jobs under fault score and write: drawn at random, the same in every attempt of a strike."""

import dataclasses
import json
import pathlib
import random

from cli_support import MPIRUN, Argument, Program

NPY_HEADER_BYTES = 128
EMBEDDING_BYTES = 16  # four float32
PARTS_SHARE = 0.25  # of the jobs, unless all are to have them
KEYS_SHARE = 0.3  # likewise; half of these reuse the rows of an earlier output
EARLIER = 4  # of so many records one has its row in that
STAGED = "slow_staged.pt2"  # in two stages
PICTURES = "slow_pictures.pt"
PHOTOS = "photos"  # in the job's folder
BAD_RECORDS = ('{"id":%d,"x":[1,2,3,', '{"id":%d}', '{"id":%d,"x":[1,2]}', 'record %d')


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What all jobs are to have; else each is drawn."""

    parts: bool = False
    stages: bool = False
    pictures: bool = False
    keys: bool = False
    several: bool = False

    def may_be_several(self) -> bool:
        return not (self.parts or self.stages or self.pictures)

    def flags(self) -> str:
        return "".join(f" --{name}" for name, wanted in dataclasses.asdict(self).items() if wanted)


@dataclasses.dataclass(frozen=True)
class Launch:
    """How one attempt is started; none of it may change the output."""

    ranks: int
    schedule: str
    by_mpirun: bool

    def prefix(self) -> list[str]:
        return [*MPIRUN, "-np", str(self.ranks)] if self.by_mpirun else []

    def flags(self, models: list[str]) -> list[str]:
        """Of an even number of ranks two have the stages of a model together."""
        groups = ["--pipeline-ranks", "2"] if models == [STAGED] and self.ranks % 2 == 0 else []
        return ["--schedule", self.schedule, *groups]

    def __str__(self) -> str:
        return f"{self.ranks}{'' if self.by_mpirun else ' alone'} {self.schedule}"


@dataclasses.dataclass(frozen=True)
class Variant:
    """Input and options of a job: about 2 s of work on two cores, in 50 to 200 chunks."""

    rows: int
    files: int
    bad_share: float
    model: str
    npy: bool
    errors: bool
    on_error: str
    tolerant: bool  # failed records do not change the exit code
    chunks: int
    part_chunks: int  # with parts: of each
    parts: bool  # each rank writes files of its own
    journal_interval: float  # seconds
    keys: bool  # of the rows are written beside them
    reuses: bool  # takes rows of an earlier output over

    @property
    def output(self) -> str:
        """What has its name only once all is complete."""
        return "out/manifest.json" if self.parts else f"out.{self.format}"

    @property
    def names(self) -> list[str]:
        """Of all outputs."""
        return [self.output]

    @property
    def models(self) -> list[str]:
        return [self.model]

    @property
    def format(self) -> str:
        return "npy" if self.npy else "jsonl"

    @property
    def outputs(self) -> list[str]:
        """The files that a finished job leaves, but for records of the run and parts."""
        return [file for name in self.names for file in self.files_of(name)]

    def files_of(self, name: str) -> list[str]:
        """Of the output of this name, itself first."""
        beside = "out/errors.jsonl" if self.parts else f"{self.output}.errors.jsonl"
        errors = ["failed.jsonl"] if self.errors else [beside] if self.npy else []
        keys = [f"{self.output}.keys"] if self.keys and not self.parts else []
        return [name, *errors, *keys]

    def watched(self, names: list[str]) -> list[str]:
        """Of these outputs the ones whose rows show as soon as they are written."""
        return names

    @property
    def inputs(self) -> list[str]:
        return [f"data{number}.jsonl" for number in range(self.files)]

    def arguments(self, program: Program, folder: pathlib.Path, into: str, names: list[str]) -> list[Argument]:
        """For a job in `folder` that writes the outputs of these names to its folder `into`."""
        size = sum((folder / name).stat().st_size for name in self.inputs)
        chunk = max(16, size // self.chunks)
        flags: list[Argument] = [*self.scoring(program), "--chunk-bytes", str(chunk), "--journal-interval", str(self.journal_interval)]
        if self.parts:
            flags += ["--output-dir", f"{into}/out", "--output-format", self.format, "--part-bytes", str(chunk * self.part_chunks)]
        else:
            flags += ["--output", f"{into}/{self.output}"]
        flags += [] if self.npy else ["--on-error", self.on_error, "--passthrough", "note"]
        flags += ["--keys"] * self.keys + ["--reuse", f"before.{self.format}"] * self.reuses
        flags += ["--errors", f"{into}/failed.jsonl"] if self.errors else []
        return flags + (["--max-errors", "100%"] if self.tolerant else [])

    def scoring(self, program: Program) -> list[Argument]:
        """What decides what a row says."""
        flags: list[Argument] = ["--model", program.model(self.model), *program.waits, "--input", *self.inputs, "--threads", "1"]
        flags += [] if self.model in (STAGED, PICTURES) else ["--input-spec", "x:float32:[4]"]
        return flags + (["--task", "embedding"] if self.npy else [])

    def earlier_arguments(self, program: Program) -> list[Argument]:
        """Of the run whose rows a job takes over."""
        return [*self.scoring(program), "--limit", str(self.rows // EARLIER), "--output", f"before.{self.format}", "--keys",
                "--max-errors", "100%"]

    def rows_in(self, path: pathlib.Path) -> int:
        """Rows in an output, finished or not; with parts, in its folder."""
        if self.parts:
            return sum(self.rows_in_file(part) for part in path.parent.glob("part-*") if ".keys" not in part.name)
        return self.rows_in_file(path)

    def rows_in_file(self, path: pathlib.Path) -> int:
        return self.rows_in_array(path) if self.npy else self.lines_in(path)

    @staticmethod
    def rows_in_array(path: pathlib.Path) -> int:
        try:
            return max(0, path.stat().st_size - NPY_HEADER_BYTES) // EMBEDDING_BYTES
        except FileNotFoundError:  # as when a part gets its name
            return 0

    @staticmethod
    def lines_in(path: pathlib.Path) -> int:
        try:
            return path.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def __str__(self) -> str:
        errors = f" errors({self.on_error})" if self.errors else ""
        keys = f" keys{' and earlier rows' * self.reuses}" if self.keys else ""
        return f"{self.model}{keys} {f'parts of {self.part_chunks} ' if self.parts else ''}{self.format}{errors} {self.rows} rows {self.chunks} chunks"


def draw_model(rng: random.Random, wanted: Wanted) -> str:
    if wanted.stages or wanted.pictures:
        return STAGED if wanted.stages else PICTURES
    return rng.choice(["slow_rows.pt", "slow_rows.pt", "slow_rows.pt2", STAGED, PICTURES])


def draw_variant(rng: random.Random, wanted: Wanted) -> Variant:
    model = draw_model(rng, wanted)
    npy = rng.random() < 0.25 and model != PICTURES
    bad = rng.random() < 0.6
    keys = rng.random() < KEYS_SHARE or wanted.keys
    return Variant(
        rows=rng.randrange(400, 700),
        files=rng.choice([1, 1, 3]),
        bad_share=0.03 if bad else 0.0,
        model=model,
        npy=npy,
        errors=rng.random() < 0.5,
        on_error="record" if npy else rng.choice(["record", "skip"]),
        tolerant=rng.random() < 0.7,
        chunks=rng.randrange(50, 200),
        journal_interval=rng.choice([0.05, 0.1, 0.2]),
        part_chunks=rng.randrange(1, 9),
        parts=rng.random() < PARTS_SHARE or wanted.parts,
        keys=keys,
        reuses=keys and rng.random() < 0.5,
    )


def draw_launch(rng: random.Random, least_ranks: int = 1, by_mpirun: bool = False) -> Launch:
    ranks = rng.randrange(least_ranks, 5)
    alone = ranks == 1 and not by_mpirun and rng.random() < 0.7
    return Launch(ranks, rng.choice(["dynamic", "static"]), not alone)


def make_record(rng: random.Random, number: int, bad_share: float, photos: list[str]) -> str:
    """Of a picture if there are any."""
    if rng.random() < bad_share:
        return rng.choice(BAD_RECORDS) % number
    values = {"image": rng.choice(photos)} if photos else {"x": [rng.randrange(-16, 17) / 2 for _ in range(4)]}
    return json.dumps({"id": number, "note": "n" * rng.randrange(60), **values})


def write_photos(folder: pathlib.Path, rng: random.Random, bad_share: float) -> list[str]:
    """Returns their paths; some are cut off, if records may be bad."""
    import numpy as np
    from PIL import Image
    (folder / PHOTOS).mkdir()
    for number in range(40):
        path = folder / PHOTOS / f"{number}.{rng.choice(['jpg', 'png', 'webp'])}"
        size = (rng.randrange(16, 80), rng.randrange(16, 80), 3)
        Image.fromarray(np.random.default_rng(rng.randrange(1 << 30)).integers(0, 256, size, dtype=np.uint8)).save(path)
        if bad_share and number % 20 == 0:
            path.write_bytes(path.read_bytes()[:-path.stat().st_size // 2])
    return sorted(str(path.relative_to(folder)) for path in (folder / PHOTOS).iterdir())


def write_input(folder: pathlib.Path, rng: random.Random, variant: Variant) -> None:
    """The rows split at random over the files, one of which may stay empty."""
    photos = write_photos(folder, rng, variant.bad_share) if variant.model == PICTURES else []
    lines = [make_record(rng, number, variant.bad_share, photos) + "\n" for number in range(variant.rows)]
    cuts = sorted(rng.randrange(variant.rows + 1) for _ in range(variant.files - 1))
    for name, begin, end in zip(variant.inputs, [0, *cuts], [*cuts, variant.rows], strict=True):
        (folder / name).write_text("".join(lines[begin:end]))
