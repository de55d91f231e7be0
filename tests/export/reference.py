"""What transformers itself says about a record, one record at a time and without padding: the truth for infer's rows."""

import functools
import json
import pathlib
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import (AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer,
                          pipeline)

Row = dict[str, Any]


def pooled(hidden: Tensor, mode: str) -> Tensor:
    """hidden [1, length, width], no padding -> [1, width]."""
    return {"mean": hidden.mean(1), "cls": hidden[:, 0], "max": hidden.amax(1)}[mode]


class Reference:
    """The model of one folder made by make_text_models, in eager float32."""

    def __init__(self, folder: pathlib.Path, task: str, max_length: int):
        self.folder, self.max_length = folder, max_length
        self.task = "text-classification" if task in ("multi-label", "regression") else task
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        auto = {"embedding": self._own_class(), "token-classification": AutoModelForTokenClassification}
        self.model = auto.get(task, AutoModelForSequenceClassification).from_pretrained(folder).eval()
        self.row = {"embedding": self._embedding, "token-classification": self._entities}.get(task, self._scores)

    def _own_class(self) -> Any:
        """What the folder says that it holds, the encoder alone too."""
        stated = json.loads((self.folder / "config.json").read_text())["architectures"][0]
        return getattr(transformers, stated, AutoModel)

    def rows(self, records: list[Row]) -> list[Row]:
        with torch.no_grad():
            return [self.row(record) for record in records]

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
        return {"embedding": (pooled(hidden, "mean") if vector is None else vector)[0].tolist()}

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
