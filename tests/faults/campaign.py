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
from several import ALONE_SHARE, LOST_SHARE, ROWS_SHARE, SEVERAL_SHARE
from several import SeveralVariant, draw_several, touch_input, write_several_input
from struck_job import StruckJob, struck_job
from variants import Launch, Wanted, draw_launch, draw_variant, write_input

RUN_LIMIT = 60.0  # seconds for a run that nothing happens to
EXTRA_STRIKES = ([0, 1, 2], [60, 25, 15])  # how many come before the one that is asked for, and their weights
EXTRA_SHARE = 0.6  # of what is left of the run; they must leave something to do
REFUSAL_SHARE = 0.2  # of the strikes after which a start without --resume is tried, too
USAGE = 2
DONE_BEFORE = re.compile(r"infer: (?:\S+/([^/\s]+/[^/\s]+): )?([\d,]+) rows? (?:is|are) done already")  # an output's name if there are several
STOPPED_AFTER = re.compile(r"infer: stopped by .* after ([\d,]+) rows?\b")


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
        self.clean_codes: dict[str, int] = {}  # by output
        self.pace = Pace(0, 0, 0)
        self.kept = dict.fromkeys(scene.variant.names, 0)  # rows known to be in its journal: no later attempt may score them again

    def command(self, prefix: list[str], launch: Launch, into: str, more: list[str]) -> list[str]:
        scene = self.scene
        arguments = scene.variant.arguments(scene.program, scene.folder, into, scene.names)
        return [*prefix, str(scene.program.infer), *map(str, arguments), *launch.flags(scene.models()), *more]

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
        """Of each output alone."""
        scene = self.scene
        if scene.variant.reuses:
            self.run_earlier()
        paces = []
        for name in scene.variant.names:
            scene.names = [name]
            paces.append(self.run_clean_of(name))
        scene.names = scene.variant.names
        start_up = max(pace.start_up for pace in paces)
        work = sum(pace.seconds - pace.start_up for pace in paces)
        self.pace = Pace(start_up, start_up + work, min(pace.rows for pace in paces))
        self.report.job += f", {self.pace.start_up:.1f} of {self.pace.seconds:.1f} s"
        scene.check_temporary_files()

    def run_clean_of(self, name: str) -> Pace:
        launch = draw_launch(self.scene.rng, self.main.least_ranks, self.main.by_mpirun)
        start = time.monotonic()
        command = self.command(launch.prefix(), launch, CLEAN, [])
        with struck_job(command, self.scene.folder, self.scene.variables(), "stderr.clean") as job:
            wait_for_rows(self.scene.folder / CLEAN / f"{name}.partial", self.scene, job)
            start_up = time.monotonic() - start
            outcome = job.end(RUN_LIMIT)
        check(outcome.code == 0 or (outcome.code == 1 and not self.scene.variant.tolerant), f"the clean run failed: {outcome}")
        self.clean_codes[name] = outcome.code
        return Pace(start_up, time.monotonic() - start, self.scene.variant.rows_in(self.scene.folder / CLEAN / name))

    def moment(self, kind: Kind) -> Moment:
        """Of several outputs mostly one at which they may have come to different places."""
        scene, share = self.scene, 1.0 if kind is self.main else EXTRA_SHARE
        only_rows = kind.only_rows or (len(scene.variant.names) > 1 and scene.rng.random() < ROWS_SHARE)
        return draw_moment(scene.rng, self.pace, scene.rows_kept(), share, only_rows)

    def strike(self, kind: Kind) -> None:
        scene = self.scene
        self.choose_outputs(kind)
        launch = draw_launch(scene.rng, kind.least_ranks, kind.by_mpirun)
        moment = self.moment(kind)
        resume = ["--resume"] if self.attempts else []
        name = f"stderr.{self.attempts}"
        self.attempts += 1
        command = self.command(kind.prefix(launch), launch, WORK, [*resume, *kind.flags(moment.estimate)])
        unfinished, unscored, rows_before = scene.unfinished(), scene.unscored(), scene.rows_kept()
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
        self.report.steps.append(f"N={launch}{self.chosen()}{done_before(outcome)} {moment} {kind.name}{note(kind)}: {end} after "
                                 f"{took:.1f} s, {scene.rows_written()} rows")
        if job.launcher_left != "mpirun":
            self.check_code(kind, outcome, begun, unscored)
        self.check_kept(outcome, unfinished)
        if kind.damages:
            self.kept = dict.fromkeys(self.kept, 0)
        scene.check_nothing_looks_finished()

    def choose_outputs(self, kind: Kind) -> None:
        """Of several, all or one; and one may be lost before."""
        scene, rng = self.scene, self.scene.rng
        scene.names = scene.variant.names
        if len(scene.names) == 1:
            return
        if self.attempts and rng.random() < LOST_SHARE:
            self.lose(rng.choice(scene.names))
        if self.attempts and touch_input(scene.folder, rng, scene.variant):
            self.report.steps.append("input touched")
        if rng.random() < ALONE_SHARE:
            scene.names = [scene.target if kind is self.main else rng.choice(scene.names)]

    def lose(self, name: str) -> None:
        """The output and all that belongs to it."""
        for path in self.scene.work.glob(f"{name}*"):
            path.unlink()
        self.kept[name] = 0
        self.report.steps.append(f"{name} lost")

    def chosen(self) -> str:
        return f" {self.scene.names[0]} alone" if len(self.scene.names) < len(self.scene.variant.names) else ""

    def codes_of(self, names: list[str]) -> set[int]:
        """The exit code of a run to the end of these."""
        return {max([self.clean_codes[name] for name in names], default=0)}

    def check_code(self, kind: Kind, outcome: Outcome, begun: bool, unscored: list[str]) -> None:
        left = self.scene.unfinished()
        right = kind.codes() | (kind.edge_codes() if len(left) < len(self.scene.names) or not begun else set())
        if not left:
            right |= self.codes_of(unscored)
        check(outcome.code in right, f"expected exit {sorted(right)}: {outcome}")

    def check_kept(self, outcome: Outcome, unfinished: list[str]) -> None:
        """An attempt goes on from where an earlier one stopped in good order, or was seen to go on from."""
        if "infer: input " in outcome.stderr:  # it came to its work
            first = done_rows(outcome)
            for name in unfinished:
                rows = first.get(name, first.get("", 0))
                check(rows >= self.kept[name], f"{self.kept[name]} rows of {name} were kept, but it began at row {rows}: {outcome}")
                self.kept[name] = rows
        if stopped := STOPPED_AFTER.search(outcome.stderr):
            for name in unfinished:
                self.kept[name] = max(self.kept[name], number(stopped[1]))

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
        """The last resume, or of several outputs at times one for each; nothing happens to it."""
        scene = self.scene
        scene.names = scene.variant.names
        if scene.rng.random() < REFUSAL_SHARE and any(scene.rows_of(name) > 0 for name in scene.unfinished()):
            self.check_refused_without_resume()
        runs = [scene.variant.names]
        if len(scene.variant.names) > 1 and scene.rng.random() < ALONE_SHARE:
            runs = [[name] for name in scene.rng.sample(scene.variant.names, len(scene.variant.names))]
        for names in runs:
            scene.names = names
            if touch_input(scene.folder, scene.rng, scene.variant):
                self.report.steps.append("input touched")
            self.finish_outputs()
        scene.check_finished()
        scene.check_temporary_files()

    def finish_outputs(self) -> None:
        scene, unfinished, unscored = self.scene, self.scene.unfinished(), self.scene.unscored()
        launch = draw_launch(scene.rng)
        outcome = self.run(launch, WORK, "--resume")
        is_damaged = scene.target in unfinished
        refused = False
        if is_damaged and (self.main.must_refuse() or (outcome.code == USAGE and self.main.may_refuse())):
            foreign = f"{scene.journal.name} is there already and was not made by infer" in outcome.stderr
            check(outcome.code == USAGE and (foreign or "--overwrite" in outcome.stderr),
                  f"expected exit {USAGE} and --overwrite: {outcome}")
            if foreign:  # nothing in it can be told from anyone's file
                scene.journal.unlink()
            self.report.refused = refused = True
            unscored = scene.names
            outcome = self.run(launch, WORK, "--overwrite")
        if not refused:
            self.check_kept(outcome, unfinished)
        overwritten = " refused, overwritten" if refused else ""
        self.report.steps.append(f"N={launch}{self.chosen()}{done_before(outcome)}{overwritten}: exit {outcome.code}")
        right = self.codes_of(unscored)
        check(outcome.code in right, f"expected exit {sorted(right)}: {outcome}")

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


def number(text: str) -> int:
    return int(text.replace(",", ""))


def done_rows(outcome: Outcome) -> dict[str, int]:
    """By output what a resumed run says of its start; where it has one output only, by an empty name."""
    return {name: number(rows) for name, rows in DONE_BEFORE.findall(outcome.stderr)}


def done_before(outcome: Outcome) -> str:
    rows = done_rows(outcome)
    return f" from row {' and '.join(map(str, rows.values()))}" if rows else ""


def wait_for_rows(path: pathlib.Path, scene: Scene, job: StruckJob) -> None:
    while scene.variant.rows_in(path) == 0 and job.process.poll() is None:
        time.sleep(POLL)


def play(program: Program, kind: type[Kind], rng: random.Random, report: Report, wanted: Wanted) -> None:
    """Raises AssertionError when a promise is broken; then the folder stays."""
    with scratch(prefix="faults_") as folder:
        for name in (CLEAN, WORK, TEMPORARY):
            (folder / name).mkdir()
        several = wanted.several or (wanted.may_be_several() and rng.random() < SEVERAL_SHARE)
        variant = draw_several(rng, wanted) if several else draw_variant(rng, wanted)
        for output in variant.names if len(variant.names) > 1 else []:
            for name in (CLEAN, WORK):
                (folder / name / output).parent.mkdir()
        scene = Scene(program, folder, variant, rng, variant.names, variant.names[0])
        report.job = str(variant)
        if isinstance(variant, SeveralVariant):
            scene.target = rng.choice(variant.names)
            write_several_input(folder, rng, variant)
        else:
            write_input(folder, rng, variant)
        Campaign(scene, kind(rng), report).play()
