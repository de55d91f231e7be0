"""What the text benchmark can ask for: which model, what its rows hold, and how exact a contender's rows are."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

PRECISIONS = ("fp32", "bf16", "int8")


def read_rows(path: Path, rows: int, key: str) -> list[dict]:
    """A contender's output; raises when a row is missing, failed (without `key`) or not in input order."""
    found = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            row = orjson.loads(line)
            if row["id"] != number or key not in row:
                raise SystemExit(f"{path}, row {number}: {line[:200]!r}")
            found.append(row)
    if len(found) != rows:
        raise SystemExit(f"{path}: {len(found)} of {rows} rows")
    return found


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


class Task(ABC):
    """For one model. What exactness() finds becomes part of a contender's row of the results."""

    page: str  # name of the results
    what: str
    columns: dict[str, Callable[[dict], str]]  # title and cell, given a row of the results

    def __init__(self, source: Path) -> None:
        """`source` is the model's Hugging Face folder; head.npz of scripts/demo/sentiment.py, if it fits, lies beside it."""
        self.source = source
        self.head = source.parent / "head.npz"

    @property
    def environment(self) -> dict[str, str]:
        """Of every contender."""
        return {}

    @property
    def made_of(self) -> list[Path]:
        """Files that a bundle depends on, besides exporter and model."""
        return []

    @property
    @abstractmethod
    def bundle_flags(self) -> list[str | Path]:
        """Of scripts/export_model.py."""

    @abstractmethod
    def read(self, path: Path, rows: int) -> np.ndarray:
        """A contender's output, [rows, ...]; raises as read_rows() does."""

    @abstractmethod
    def exactness(self, found: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
        """Numbers for the results, given what read() returned for a contender and for the reference."""

    @abstractmethod
    def exact_enough(self, row: dict) -> bool:
        """Whether this row of the results is a contender at its precision."""

    @abstractmethod
    def as_exact(self, mine: dict, theirs: dict) -> bool:
        """Whether our row of the results may be compared with the peer's."""


class Embeddings(Task):
    page = "text"
    what = "texts to embeddings"
    columns = {"least cosine": lambda row: f"{row['least_cosine']:.5f}", "same label": lambda row: _percent(row["same_labels"])}

    LEAST_COSINE = {"fp32": 0.99999, "bf16": 0.999, "int8": 0.95}
    LESS_COSINE = 1e-4  # that our least one may be below the peer's

    @property
    def bundle_flags(self) -> list[str | Path]:
        return ["--hf", self.source, "--task", "embedding"]

    def read(self, path: Path, rows: int) -> np.ndarray:
        """float32 [rows, width]"""
        return np.array([row["embedding"] for row in read_rows(path, rows, "embedding")], np.float32)

    def exactness(self, found: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
        cosines = (found * reference).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(reference, axis=1)
        return {"least_cosine": float(cosines.min()), "mean_cosine": float(cosines.mean()),
                "same_labels": self._same_labels(found, reference)}

    def _same_labels(self, found: np.ndarray, reference: np.ndarray) -> float | None:
        """The share of rows to which the demo's classifier, if it fits, gives the same label."""
        if not self.head.exists():
            return None
        head = np.load(self.head)
        labels = [(each @ head["weight"].T + head["bias"]).argmax(axis=1) for each in (found, reference)]
        return float((labels[0] == labels[1]).mean())

    def exact_enough(self, row: dict) -> bool:
        return row["least_cosine"] >= self.LEAST_COSINE[row["precision"]]

    def as_exact(self, mine: dict, theirs: dict) -> bool:
        return mine["least_cosine"] >= theirs["least_cosine"] - self.LESS_COSINE


class Labels(Task):
    """By the demo's classifier: its head on the embeddings of its model."""

    page = "text_labels"
    what = "texts to labels by the demo's classifier"
    columns = {"same label": lambda row: _percent(row["same_labels"]), "score off by": lambda row: f"{row['score_difference']:.1g}"}

    NAMES = "negative,positive"
    LEAST_SAME = {"fp32": 0.999, "bf16": 0.99, "int8": 0.90}
    GREATEST_DIFFERENCE = {"fp32": 1e-3}  # of scores; no bound for the others
    FEWER_SAME = 0.002  # than the peer's: texts on the border between the labels fall to either side by rounding alone

    @property
    def environment(self) -> dict[str, str]:
        """For peers/records.py."""
        return {"CLASSIFIER_HEAD": str(self.head), "CLASSIFIER_LABELS": self.NAMES}

    @property
    def made_of(self) -> list[Path]:
        return [self.head]

    @property
    def bundle_flags(self) -> list[str | Path]:
        return ["--hf", self.source, "--task", "text-classification", "--head", self.head, "--labels", self.NAMES]

    def read(self, path: Path, rows: int) -> np.ndarray:
        """[rows], with the fields label and score"""
        found = [(row["label"], row["score"]) for row in read_rows(path, rows, "label")]
        return np.array(found, [("label", "U16"), ("score", np.float64)])

    def exactness(self, found: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
        """score_difference is the greatest of the score of the reference's label, which one of two labels leaves to the other."""
        same = found["label"] == reference["label"]
        scores = np.where(same, found["score"], 1 - found["score"])
        return {"same_labels": float(same.mean()), "score_difference": float(np.abs(scores - reference["score"]).max())}

    def exact_enough(self, row: dict) -> bool:
        greatest = self.GREATEST_DIFFERENCE.get(row["precision"], 1)
        return row["same_labels"] >= self.LEAST_SAME[row["precision"]] and row["score_difference"] <= greatest

    def as_exact(self, mine: dict, theirs: dict) -> bool:
        return mine["same_labels"] >= theirs["same_labels"] - self.FEWER_SAME


TASKS: dict[str, type[Task]] = {"embeddings": Embeddings, "labels": Labels}
