"""How far one of infer's rows is from what transformers says of its record."""

import math
from typing import Any

import make_small_models
import torch

Row = dict[str, Any]
TOLERANCE = 1e-5
LEAST_COSINE = {"float32": 0.99999, "bfloat16": 0.9995, "float16": 0.9995}


class Unequal(Exception):
    """The rows differ in what is no number, or should be the same in any precision."""


def expect(right: bool, what: str) -> None:
    if not right:
        raise Unequal(what)


def difference(task: str, exact: bool, ours: Row, truth: Row) -> float:
    """1 - cosine of vectors; of scores and logarithms the greatest difference, as a part of those above 1. Throws
    Unequal. `exact`: labels and entities must be those of the truth."""
    if "error" in ours or "error" in truth:
        codes = [row["error"]["code"] if "error" in row else None for row in (ours, truth)]
        expect(codes[0] == codes[1], f"failed: {ours.get('error', 'not')}")
        return 0.0
    if task == "embedding":
        return vector_difference(ours["embedding"], truth["embedding"])
    if task == "token-classification":
        return entity_difference(ours["entities"], truth["entities"]) if exact else 0.0  # of random weights, half
        # precision may take another label anywhere; the exporter compares scores
    if task in make_small_models.LIKELIHOODS:
        return likelihood_difference(ours, truth)
    return score_difference(ours, truth, exact)


def apart(one: float, truth: float) -> float:
    return abs(one - truth) / max(1.0, abs(truth))


def vector_difference(ours: list[float], truth: list[float]) -> float:
    return 1.0 - float(torch.cosine_similarity(*(torch.tensor(one).double() for one in (ours, truth)), dim=0))


def score_difference(ours: Row, truth: dict[str, float], exact: bool) -> float:
    scores = ours.get("scores") or {next(iter(truth)): ours["score"]}
    expect(scores.keys() == truth.keys(), f"labels {list(scores)}, not {list(truth)}")
    best = max(truth, key=lambda label: truth[label])
    if exact and "label" in ours:
        expect((ours["label"], ours["score"]) == (best, scores[best]), f"label {ours['label']}, not {best}")
    if exact and "labels" in ours:
        holding = sorted((label for label in truth if truth[label] >= 0.5), key=lambda label: truth[label], reverse=True)
        expect([one["label"] for one in ours["labels"]] == holding, f"labels {ours['labels']}, not {holding}")
    return max(apart(scores[label], score) for label, score in truth.items())


def likelihood_difference(ours: Row, truth: Row) -> float:
    pairs = list(zip(ours["token_logprobs"], truth["token_logprobs"], strict=True))
    expect(ours["tokens"] == truth["tokens"] and all((one is None) == (other is None) for one, other in pairs),
           f"{ours['tokens']} tokens, not {truth['tokens']}")
    if not ours["tokens"]:
        expect((ours["logprob"], ours["perplexity"]) == (0, None), f"of no token {ours}")
        return 0.0
    perplexity = math.exp(-ours["logprob"] / ours["tokens"])
    expect(abs(ours["perplexity"] - perplexity) <= 1e-4 * perplexity, f"perplexity {ours['perplexity']}, not {perplexity}")
    pairs = [pair for pair in pairs if pair[0] is not None] + [(ours["logprob"], truth["logprob"])]
    return max(apart(one, other) for one, other in pairs)


def entity_difference(ours: list[Row], truth: list[Row]) -> float:
    places = [[[one[key] for key in ("entity", "start", "end")] for one in found] for found in (ours, truth)]
    expect(places[0] == places[1], f"entities {ours}, not {truth}")
    return max((abs(one["score"] - other["score"]) for one, other in zip(ours, truth, strict=True)), default=0.0)
