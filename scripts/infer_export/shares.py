"""How a model's weights are shared out among stages: nearly equal, and cut where little crosses."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from .errors import ExportError
from .graph_cut import Anatomy, Place

# A value more that crosses, as wide as the narrowest, is as bad as a cut a fifth of a share beside its place: 2 * 0.2 ** 2.
CROSSING = 0.08


class Shares:
    """Bytes of weights between any two of the places where a cut may be, the graph's beginning and end among them."""

    def __init__(self, anatomy: Anatomy, cuts: Sequence[Place]):
        self.places = [Place(0, 0), *cuts, Place(len(anatomy.own), 0)]
        runs = [anatomy.weights[one.step : other.step] for one, other in itertools.pairwise(self.places)]
        merged = [{name: size for step in run for name, size in step.items()} for run in runs]
        self.bytes = [list(self._sums(merged[begin:])) for begin in range(len(merged))]

    @staticmethod
    def _sums(runs: Sequence[dict[str, int]]) -> Iterator[int]:
        seen: dict[str, int] = {}
        total = 0
        for run in runs:
            total += sum(size for name, size in run.items() if name not in seen)
            seen |= run
            yield total

    def __call__(self, begin: int, end: int) -> int:
        return self.bytes[begin][end - begin - 1]

    @property
    def last(self) -> int:
        return len(self.places) - 1

    def most_stages(self) -> int:
        """Each with weights of its own."""
        stages = begin = 0
        for end in range(1, self.last + 1):
            if self(begin, end) > 0:
                stages, begin = stages + 1, end
        return stages

    def fewest_stages(self, limit: int) -> int:
        """Of at most `limit` bytes each. Throws ExportError where there is no cut."""
        stages, begin = 1, 0
        for end in range(1, self.last + 1):
            if self(begin, end) <= limit:
                continue
            stages, begin = stages + 1, end - 1
            if self(begin, end) > limit:
                raise ExportError(f"--stage-bytes {limit}: what cannot be cut further has {self(begin, end)} bytes of weights; "
                                  "allow a stage as many")
        return stages

    def cut(self, stages: int, limit: int | None = None) -> list[int]:
        """The steps before which to cut. Throws ExportError where there are not so many stages with weights."""
        if stages > (most := self.most_stages()):
            raise ExportError(f"--stages {stages}: this model can be cut into {most} at most, each with weights of its own")
        share = max(1.0, self(0, self.last) / stages)
        middle = self.places[1:-1][self.last // 4 : self.last - self.last // 4] or self.places[1:-1]
        narrowest = max(1, min((one.crossing for one in middle), default=1))

        def cost(begin: int, end: int) -> float:
            size = self(begin, end)
            if size == 0 or (limit is not None and size > limit):
                return float("inf")
            return (size / share) ** 2 + CROSSING * self.places[end].crossing / narrowest

        return [self.places[i].step for i in _cheapest(stages, self.last, cost)]


def _cheapest(stages: int, last: int, cost: Callable[[int, int], float]) -> list[int]:
    """Dynamic programming: numbers of places at which 0 ... last is cut so that the sum of the parts' costs is least."""
    best = [[0.0] + [float("inf")] * last]
    came: list[list[int]] = []
    for _ in range(stages):
        sums, froms = [float("inf")] * (last + 1), [0] * (last + 1)
        for end in range(1, last + 1):
            sums[end], froms[end] = min(((best[-1][begin] + cost(begin, end), begin) for begin in range(end)
                                         if best[-1][begin] < float("inf")), default=(float("inf"), 0))
        best.append(sums)
        came.append(froms)
    cuts = [last]
    for froms in reversed(came):
        cuts.insert(0, froms[cuts[0]])
    return cuts[1:-1]
