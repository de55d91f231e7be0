"""One strike from the clean run to the comparison: run, strike, resume with another number of ranks, perhaps again."""

import dataclasses
import pathlib
import random
import re
import time

from cli_support import Outcome, Program, check, scratch
from job import SOON
from kinds import PLAIN_KINDS, Kind
from moments import POLL, Moment, Pace, draw_moment
from scene import CLEAN, TEMPORARY, WORK, Scene, names_in
from struck_job import StruckJob, struck_job
from variants import Launch, Wanted, draw_launch, draw_variant, write_input

RUN_LIMIT = 60.0  # seconds for a run that nothing happens to
EXTRA_STRIKES = ([0, 1, 2], [60, 25, 15])  # how many come before the one that is asked for, and their weights
EXTRA_SHARE = 0.6  # of what is left of the run; they must leave something to do
REFUSAL_SHARE = 0.2  # of the strikes after which a start without --resume is tried, too
USAGE = 2
DONE_BEFORE = re.compile(r"infer: ([\d,]+) rows are done already")
STOPPED_AFTER = re.compile(r"infer: stopped by .* after ([\d,]+) rows")


@dataclasses.dataclass
class Report:
    """What happened, for one line."""

    job: str = ""
    steps: list[str] = dataclasses.field(default_factory=list)
    too_late: bool = False  # the job was over before the strike asked for
    refused: bool = False  # it was too damaged to go on with, and said so
    launcher_left: str | None = None  # all ranks had ended in time, but not "mpirun", or its daemon, "orted"

    def __str__(self) -> str:
        return f"[{self.job}] " + "; ".join(self.steps)


class Campaign:
    """The state of one strike's job over its attempts."""

    def __init__(self, scene: Scene, main: Kind, report: Report) -> None:
        self.scene = scene
        self.main = main
        self.report = report
        self.attempts = 0
        self.clean_code = 0
        self.pace = Pace(0, 0, 0)
        self.kept = 0  # rows known to be in the journal: no later attempt may score them again

    def command(self, prefix: list[str], launch: Launch, into: str, more: list[str]) -> list[str]:
        scene = self.scene
        arguments = scene.variant.arguments(scene.program, scene.folder, into)
        return [*prefix, str(scene.program.infer), *map(str, arguments), *launch.flags(scene.variant.model), *more]

    def run(self, launch: Launch, into: str, *more: str) -> Outcome:
        """To the end, with nothing done to it."""
        name = f"stderr.{self.attempts}"
        self.attempts += 1
        command = self.command(launch.prefix(), launch, into, list(more))
        with struck_job(command, self.scene.folder, self.scene.variables(), name) as job:
            return job.end(RUN_LIMIT)

    def run_earlier(self) -> None:
        scene = self.scene
        command = [str(scene.program.infer), *map(str, scene.variant.earlier_arguments(scene.program))]
        with struck_job(command, scene.folder, scene.variables(), "stderr.earlier") as job:
            outcome = job.end(RUN_LIMIT)
        check(outcome.code == 0, f"the earlier run failed: {outcome}")

    def run_clean(self) -> None:
        if self.scene.variant.reuses:
            self.run_earlier()
        launch = draw_launch(self.scene.rng, self.main.least_ranks, self.main.by_mpirun)
        start = time.monotonic()
        command = self.command(launch.prefix(), launch, CLEAN, [])
        with struck_job(command, self.scene.folder, self.scene.variables(), "stderr.clean") as job:
            wait_for_rows(self.scene.folder / CLEAN / f"{self.scene.variant.output}.partial", self.scene, job)
            start_up = time.monotonic() - start
            outcome = job.end(RUN_LIMIT)
        check(outcome.code == 0 or (outcome.code == 1 and not self.scene.variant.tolerant), f"the clean run failed: {outcome}")
        rows = self.scene.variant.rows_in(self.scene.folder / CLEAN / self.scene.variant.output)
        self.pace = Pace(start_up, time.monotonic() - start, rows)
        self.report.job += f", {self.pace.start_up:.1f} of {self.pace.seconds:.1f} s"
        self.clean_code = outcome.code
        self.scene.check_temporary_files()

    def moment(self, kind: Kind) -> Moment:
        share = 1.0 if kind is self.main else EXTRA_SHARE
        return draw_moment(self.scene.rng, self.pace, self.scene.rows_kept(), share, kind.only_rows)

    def strike(self, kind: Kind) -> None:
        scene = self.scene
        launch = draw_launch(scene.rng, kind.least_ranks, kind.by_mpirun)
        moment = self.moment(kind)
        resume = ["--resume"] if self.attempts else []
        name = f"stderr.{self.attempts}"
        self.attempts += 1
        command = self.command(kind.prefix(launch), launch, WORK, [*resume, *kind.flags(moment.estimate)])
        finished_before, rows_before = scene.is_finished(), scene.rows_kept()
        with struck_job(command, scene.folder, scene.variables(), name) as job:
            in_time = moment.wait(scene, job)
            begun = scene.rows_since(job.began) > rows_before
            struck = time.monotonic()
            if in_time:
                kind.hit(scene, job, launch)
            outcome = job.end(struck + kind.detection + SOON - time.monotonic())
        took = time.monotonic() - struck
        kind.aftermath(scene)
        self.report.too_late = scene.is_finished()
        self.report.launcher_left = self.report.launcher_left or job.launcher_left
        end = "mpirun killed" if job.launcher_left == "mpirun" else f"exit {outcome.code}"
        self.report.steps.append(f"N={launch}{done_before(outcome)} {moment} {kind.name}{note(kind)}: {end} after "
                                 f"{took:.1f} s, {scene.rows_written()} rows")
        if job.launcher_left != "mpirun":
            self.check_code(kind, outcome, begun, finished_before)
        self.check_kept(outcome)
        if kind.damages:
            self.kept = 0
        scene.check_nothing_looks_finished()

    def check_code(self, kind: Kind, outcome: Outcome, begun: bool, finished_before: bool) -> None:
        finished = self.scene.is_finished()
        right = kind.codes() | (kind.edge_codes() if finished or not begun else set())
        if finished:
            right |= {self.clean_code} | ({0} if finished_before else set())
        check(outcome.code in right, f"expected exit {sorted(right)}: {outcome}")

    def check_kept(self, outcome: Outcome) -> None:
        """An attempt goes on from where an earlier one stopped in good order, or was seen to go on from."""
        if "infer: input " in outcome.stderr:  # it came to its work
            first = number_in(DONE_BEFORE, outcome)
            check(first >= self.kept, f"{self.kept} rows were kept, but it began at row {first}: {outcome}")
            self.kept = first
        self.kept = max(self.kept, number_in(STOPPED_AFTER, outcome))

    def check_refused_without_resume(self) -> None:
        """What is there is not to be gone over by a start that asks for nothing; the journal may say who was here."""
        before = self.rows_on_disk()
        outcome = self.run(draw_launch(self.scene.rng), WORK)
        check(outcome.code == USAGE, f"expected exit {USAGE}: {outcome}")
        for flag in ("--resume", "--overwrite"):
            check(flag in outcome.stderr, f"no {flag} in the message: {outcome}")
        check(self.rows_on_disk() == before, f"the refused start changed what was written: {outcome}")

    def rows_on_disk(self) -> dict[str, bytes]:
        work = self.scene.work
        names = [name for name in names_in(work) if not name.endswith((".journal", ".lock"))]
        return {name: (work / name).read_bytes() for name in names}

    def finish(self) -> None:
        """The last resume; nothing happens to it."""
        scene = self.scene
        if scene.rng.random() < REFUSAL_SHARE and scene.rows_kept() > 0:
            self.check_refused_without_resume()
        finished_before = scene.is_finished()
        launch = draw_launch(scene.rng)
        outcome = self.run(launch, WORK, "--resume")
        if not finished_before and (self.main.must_refuse() or (outcome.code == USAGE and self.main.may_refuse())):
            foreign = f"{scene.journal.name} is there already and was not made by infer" in outcome.stderr
            check(outcome.code == USAGE and (foreign or "--overwrite" in outcome.stderr),
                  f"expected exit {USAGE} and --overwrite: {outcome}")
            if foreign:  # nothing in it can be told from anyone's file
                scene.journal.unlink()
            self.report.refused = True
            outcome = self.run(launch, WORK, "--overwrite")
        right = {self.clean_code} | ({0} if finished_before else set())
        refused = " refused, overwritten" if self.report.refused else ""
        if not self.report.refused:
            self.check_kept(outcome)
        self.report.steps.append(f"N={launch}{done_before(outcome)}{refused}: exit {outcome.code}")
        check(outcome.code in right, f"expected exit {sorted(right)}: {outcome}")
        scene.check_finished()
        scene.check_temporary_files()

    def play(self) -> None:
        self.run_clean()
        rng = self.scene.rng
        extras = [rng.choice(PLAIN_KINDS)(rng) for _ in range(rng.choices(*EXTRA_STRIKES)[0])]
        with self.main.surroundings(self.scene):
            for kind in [*extras, self.main]:
                if kind.only_rows and self.scene.rows_written() >= self.pace.rows:
                    self.report.too_late = True
                    break
                self.strike(kind)
            self.finish()


def note(kind: Kind) -> str:
    return f" ({kind.note()})" if kind.note() else ""


def number_in(pattern: re.Pattern[str], outcome: Outcome) -> int:
    match = pattern.search(outcome.stderr)
    return int(match[1].replace(",", "")) if match else 0


def done_before(outcome: Outcome) -> str:
    """What a resumed run says of its start."""
    first = number_in(DONE_BEFORE, outcome)
    return f" from row {first}" if first else ""


def wait_for_rows(path: pathlib.Path, scene: Scene, job: StruckJob) -> None:
    while scene.variant.rows_in(path) == 0 and job.process.poll() is None:
        time.sleep(POLL)


def play(program: Program, kind: type[Kind], rng: random.Random, report: Report, wanted: Wanted = Wanted()) -> None:
    """Raises AssertionError when a promise is broken; then the folder stays."""
    with scratch(prefix="faults_") as folder:
        for name in (CLEAN, WORK, TEMPORARY):
            (folder / name).mkdir()
        scene = Scene(program, folder, draw_variant(rng, wanted), rng)
        report.job = str(scene.variant)
        write_input(folder, rng, scene.variant)
        Campaign(scene, kind(rng), report).play()
