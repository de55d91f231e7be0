"""The tokenizer of a bundle: as tokenizer.json, without padding and truncation, proven equal to the original."""

import dataclasses
import pathlib
import re
from typing import Any

from .errors import UsageError
from .repository import one_line
from .texts import TEXTS, long_text, pairs


@dataclasses.dataclass(frozen=True)
class Encoded:
    ids: list[int]
    types: list[int]


def load_tokenizer(name: str, folder: str = "", settings: dict[str, Any] | None = None) -> Any:
    """A fast tokenizer of transformers, from a repository's folder or a tokenizer.json; `settings` are a folder's
    arguments for it. Throws UsageError."""
    import transformers
    try:
        if pathlib.Path(name).is_file():
            return transformers.PreTrainedTokenizerFast(tokenizer_file=name)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, subfolder=folder, trust_remote_code=False,
                                                               **_own(settings or {}))
    except Exception as error:
        raise UsageError(f"{name}: cannot load the tokenizer: {one_line(error)}; a bundle needs a tokenizer.json, "
                         "in this folder or given by --tokenizer") from error
    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(f"{name}: has a slow tokenizer only ({type(tokenizer).__name__}), and infer reads "
                         "tokenizer.json: convert it once, or give --tokenizer")
    return tokenizer


def _own(settings: dict[str, Any]) -> dict[str, Any]:
    """Those that change tokens."""
    from .folder_keys import KEYS
    return {name: value for name, value in settings.items() if KEYS["processor_kwargs"][name].fate == "followed"}


def tokenizer_json(tokenizer: Any) -> str:
    """What infer reads. The original, which may pad and cut to a length of its own, stays as it was."""
    from tokenizers import Tokenizer
    copy = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy.to_str()


def highest_id(tokenizer: Any) -> int:
    return max(tokenizer.get_vocab().values())


def ends_of_text(tokenizer: Any, pair: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids that stand before and after any text, or any two."""
    words = ("a", "a") if pair else ("a",)
    one, other = (tokenizer.backend_tokenizer.encode(*(word * times for word in words)).ids for times in (1, 40))
    special = set(tokenizer.all_special_ids)
    before = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b or a not in special), 0)
    after = next((k for k, (a, b) in enumerate(zip(one[::-1], other[::-1], strict=False)) if a != b or a not in special), 0)
    return tuple(one[:before]), tuple(one[len(one) - after:])


def special_tokens(tokenizer: Any, pair: bool) -> int:
    """How many tokens the template adds to a text, or to two."""
    return tokenizer.num_special_tokens_to_add(pair=pair)


def join_pairs(tokenizer: Any) -> None:
    """In place: two texts follow one another as if they were one, special tokens around both and none between them. Type 1
    is what follows the first. What does not fit is cut from the left: what is next to the second text counts most."""
    inner = tokenizer.backend_tokenizer
    plain = [inner.encode(text).ids for text in TEXTS]
    before, after = ends_of_text(tokenizer, False)
    inner.post_processor = _template(inner, [before, after], [before, (), after])
    if [inner.encode(text).ids for text in TEXTS] != plain:
        raise UsageError(f"{type(tokenizer).__name__} puts more than special tokens around a text, so that it is not known how two "
                         "texts are one")
    tokenizer.truncation_side = "left"
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]


def put_into(tokenizer: Any, template: str) -> None:
    """In place: a text, or two, within a text that has {text}, and {text_pair}. Each part is tokenized by itself."""
    inner = tokenizer.backend_tokenizer
    parts = [tuple(inner.encode(part, add_special_tokens=False).ids) for part in re.split(r"\{text(?:_pair)?\}", template)]
    inner.post_processor = _template(inner, [parts[0], parts[-1]], parts if len(parts) == 3 else [parts[0], (), parts[-1]])


def _template(inner: Any, around_one: list[tuple[int, ...]], around_two: list[tuple[int, ...]]) -> Any:
    """Of the tokens before, between and after texts."""
    from tokenizers import processors
    names = {token: f"T{token}" for part in (*around_one, *around_two) for token in part}

    def pieces(around: list[tuple[int, ...]]) -> list[str]:
        listed = [names[token] for token in around[0]]
        for kind, (text, part) in enumerate(zip(("$A", "$B:1"), around[1:], strict=False)):
            listed += [text, *(f"{names[token]}:{kind}" for token in part)]
        return listed

    special = [{"id": name, "ids": [token], "tokens": [inner.id_to_token(token)]} for token, name in names.items()]
    return processors.TemplateProcessing(single=pieces(around_one), pair=pieces(around_two), special_tokens=special)


class WrittenTokenizer:
    """Encodes as infer does: the library alone, cut to max_length, longest text of a pair first."""

    def __init__(self, document: str, max_length: int, side: str):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_str(document)
        self.tokenizer.enable_truncation(max_length, strategy="longest_first", direction=side)

    def encode(self, text: str, pair: str | None = None) -> Encoded:
        result = self.tokenizer.encode(text, pair)
        return Encoded(list(result.ids), list(result.type_ids))


class OriginalTokenizer:
    """Encodes as a user of transformers does."""

    def __init__(self, tokenizer: Any, max_length: int, side: str):
        tokenizer.truncation_side = side
        self.tokenizer, self.max_length = tokenizer, max_length

    def encode(self, text: str, pair: str | None = None) -> Encoded:
        result = self.tokenizer(text, pair, truncation=True, max_length=self.max_length, return_token_type_ids=True)
        return Encoded(list(result["input_ids"]), list(result["token_type_ids"]))


def check_same_tokens(tokenizer: Any, document: str, max_length: int, side: str, pair: bool) -> int:
    """Compares on many texts, at max_length and cut short; returns the highest token type seen. Throws UsageError."""
    highest = 0
    shortest = special_tokens(tokenizer, pair) + 3
    for length in sorted({min(shortest, max_length), max_length}):
        written = WrittenTokenizer(document, length, side)
        original = OriginalTokenizer(tokenizer, length, side)
        for sample in pairs(length) if pair else [(text, None) for text in (*TEXTS, long_text(length))]:
            ours, theirs = written.encode(*sample), original.encode(*sample)
            if ours != theirs:
                raise UsageError(f"tokenizer.json gives other tokens than {type(tokenizer).__name__} for "
                                 f"{sample[0][:40]!r}: {ours.ids[:8]} against {theirs.ids[:8]}; this tokenizer does "
                                 "more than its tokenizer.json says, so infer cannot use it")
            highest = max(highest, max(ours.types, default=0))
    return highest


def lower_case(tokenizer: Any) -> None:
    """Lowers texts first, as sentence-transformers does for do_lower_case."""
    from tokenizers import normalizers
    own = tokenizer.backend_tokenizer.normalizer
    lower = normalizers.Lowercase()
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([lower, own]) if own is not None else lower
