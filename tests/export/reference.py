"""What transformers itself says about a record, one record at a time and without padding: the truth for infer's rows."""

import functools
import json
import math
import pathlib
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import (AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification,
                          AutoModelForTokenClassification, AutoTokenizer, pipeline)

Row = dict[str, Any]


def pooled(hidden: Tensor, mode: str) -> Tensor:
    """hidden [1, length, width], no padding -> [1, width]."""
    return {"mean": hidden.mean(1), "cls": hidden[:, 0], "max": hidden.amax(1), "last": hidden[:, -1]}[mode]


NO_TOKENS: Row = {"error": {"code": "tokenizer_error"}}


class Reference:
    """The model of one folder made by make_text_models, eager."""

    def __init__(self, folder: pathlib.Path, task: str, max_length: int, dtype: torch.dtype = torch.float32):
        self.folder, self.max_length = folder, max_length
        self.task = "text-classification" if task in ("multi-label", "regression") else task
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        auto = {"embedding": self._own_class(), "token-classification": AutoModelForTokenClassification,
                "likelihood": AutoModelForCausalLM, "likelihood-pair": AutoModelForCausalLM}
        self.model = auto.get(task, AutoModelForSequenceClassification).from_pretrained(folder, dtype=dtype).eval()
        self.row = {"embedding": self._embedding, "token-classification": self._entities, "likelihood": self._likelihood,
                    "likelihood-pair": self._likelihood}.get(task, self._scores)

    def _own_class(self) -> Any:
        """What the folder says that it holds, the encoder alone too."""
        whole = self._stated.endswith(("ForCausalLM", "LMHeadModel"))
        return AutoModel if whole else getattr(transformers, self._stated, AutoModel)

    @functools.cached_property
    def _stated(self) -> str:
        return json.loads((self.folder / "config.json").read_text())["architectures"][0]

    @property
    def _is_decoder(self) -> bool:
        return self._stated.endswith("ForCausalLM")

    def rows(self, records: list[Row]) -> list[Row]:
        with torch.no_grad():
            return [self.row(record) if self._tokens(record).input_ids.shape[1] else NO_TOKENS for record in records]

    def _tokens(self, record: Row) -> Any:
        # As a batch of one: a lone pair with an empty second text would be taken for no pair.
        texts = [[record[key]] for key in ("text", "text_pair") if key in record]
        return self.tokenizer(*texts, truncation=True, max_length=self.max_length, return_tensors="pt")

    def _scores(self, record: Row) -> Row:
        """{label: score}, by the configuration's problem type."""
        config = self.model.config
        logits = self.model(**self._tokens(record)).logits[0].double()
        if config.problem_type == "regression":
            scores = logits
        elif config.problem_type == "multi_label_classification" or len(logits) == 1:
            scores = logits.sigmoid()
        else:
            scores = logits.softmax(0)
        return {config.id2label[i]: float(score) for i, score in enumerate(scores)}

    @functools.cached_property
    def _sentence_modules(self) -> list[Row]:
        path = self.folder / "modules.json"
        return json.loads(path.read_text())[1:] if path.exists() else []

    def _embedding(self, record: Row) -> Row:
        """Mean pooling, or what sentence-transformers' modules say."""
        result = self.model(**self._tokens(record))
        if "last_hidden_state" not in result:
            return {"embedding": result.pooler_output[0].tolist()}
        hidden = result.last_hidden_state
        vector = None
        for module in self._sentence_modules:
            kind, place = module["type"].split(".")[-1], self.folder / module["path"]
            if kind == "Pooling":
                modes = json.loads((place / "config.json").read_text())
                names = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens",
                         "max": "pooling_mode_max_tokens"}
                vector = pooled(hidden, next(name for name, key in names.items() if modes.get(key)))
            elif kind == "Dense":
                vector = self._dense(place)(vector)
            else:
                vector = nn.functional.normalize(vector)
        return {"embedding": (pooled(hidden, "last" if self._is_decoder else "mean") if vector is None else vector)[0].tolist()}

    def _likelihood(self, record: Row) -> Row:
        """Of each token but the first, or of the second text's alone."""
        ids, begin = self._joined(record)
        logprobs = self.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        own = [float(logprobs[place - 1, ids[place]]) if place >= begin else None for place in range(len(ids))]
        scored = [one for one in own if one is not None]
        return {"logprob": sum(scored), "tokens": len(scored), "token_logprobs": own,
                "perplexity": math.exp(-sum(scored) / len(scored)) if scored else None}

    def _joined(self, record: Row) -> tuple[list[int], int]:
        """Ids, and the first place that counts. Two texts as if they were one; the longer is cut, from the left."""
        if "text_pair" not in record:
            return self._tokens(record).input_ids[0].tolist(), 1
        around = self.tokenizer("a").input_ids
        own = len(self._plain("a"))
        before = next(k for k in range(len(around)) if around[k : k + own] == self._plain("a"))
        first, second = self._plain(record["text"]), self._plain(record["text_pair"])
        room = self.max_length - (len(around) - own)
        if len(first) + len(second) > room:
            longer = max(len(first), len(second)) if len(first) != len(second) else -1
            most = room - min(len(first), len(second), room // 2)  # of the longer; of the second where they are equal
            kept = most if len(first) == longer else room - most
            first, second = first[len(first) - kept :], second[len(second) - (room - kept) :]
        begin = max(1, before + len(first))
        return around[:before] + first + second + around[before + own :], begin

    def _plain(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False).input_ids

    def _dense(self, place: pathlib.Path) -> nn.Module:
        from safetensors.torch import load_file
        weights = load_file(place / "model.safetensors")
        linear = nn.Linear(*reversed(weights["linear.weight"].shape))
        linear.load_state_dict({key.removeprefix("linear."): value for key, value in weights.items()})
        return nn.Sequential(linear, nn.Tanh())

    @functools.cached_property
    def _pipeline(self) -> Any:
        tokenizer = AutoTokenizer.from_pretrained(self.folder, model_max_length=self.max_length)
        return pipeline("token-classification", model=self.model, tokenizer=tokenizer, aggregation_strategy="simple")

    def _entities(self, record: Row) -> Row:
        found = self._pipeline(record["text"]) if record["text"] else []
        return {"entities": [{"entity": one["entity_group"], "score": float(one["score"]), "start": one["start"],
                              "end": one["end"]} for one in found]}
