"""Writes tiny Hugging Face folders, random weights and a trained tokenizer, as save_pretrained writes them: for the
exporter's tests and for tests that compare infer with transformers. Nothing is downloaded.
"""

import copy
import functools
import json
import pathlib
import zlib
from typing import Any

import make_tokenizers

LENGTH = 128  # tokens that each model takes
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
SPREAD = 0.2  # of the random weights: wide enough for scores that differ from text to text

# family: transformers' name, kind of tokenizer, what else its configuration needs
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert": ("Bert", "wordpiece", {"max_position_embeddings": LENGTH}),
    "minilm": ("Bert", "wordpiece", {"max_position_embeddings": LENGTH, "num_hidden_layers": 3}),
    "distilbert": ("DistilBert", "wordpiece", {"max_position_embeddings": LENGTH, "dim": 32, "hidden_dim": 64,
                                               "n_layers": 2, "n_heads": 2}),
    "roberta": ("Roberta", "byte_level_bpe", {"max_position_embeddings": LENGTH + 2, "type_vocab_size": 1}),
    "xlm-roberta": ("XLMRoberta", "unigram", {"max_position_embeddings": LENGTH + 2, "type_vocab_size": 1}),
    "deberta-v2": ("DebertaV2", "unigram_types", {
        "max_position_embeddings": LENGTH, "type_vocab_size": 2, "relative_attention": True, "position_buckets": 16,
        "pos_att_type": ["p2c", "c2p"], "position_biased_input": False, "share_att_key": True,
        "norm_rel_ebd": "layer_norm"}),
    "modernbert": ("ModernBert", "modern_byte_level_bpe", {
        "max_position_embeddings": LENGTH, "local_attention": 16, "global_attn_every_n_layers": 2}),
}

# The same, for single tests.
MORE_FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mpnet": ("MPNet", "unigram", {"max_position_embeddings": LENGTH + 2}),
    "xlnet": ("XLNet", "unigram_xlnet", {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64}),
    "big_bird": ("BigBird", "wordpiece", {"max_position_embeddings": 512, "block_size": 4, "num_random_blocks": 1,
                                          "attention_type": "block_sparse"}),
}

# task: ending of the class, what the configuration gets; EXPORT_TASK has the exporter's --task
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "text-classification": ("ForSequenceClassification", {"id2label": {0: "negative", 1: "neutral", 2: "positive"}}),
    "multi-label": ("ForSequenceClassification", {"id2label": {0: "toxic", 1: "insult", 2: "threat", 3: "obscene"},
                                                  "problem_type": "multi_label_classification"}),
    "regression": ("ForSequenceClassification", {"id2label": {0: "stars"}, "problem_type": "regression"}),
    "embedding": ("Model", {}),
    "token-classification": ("ForTokenClassification", {
        "id2label": {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}}),
    "text-pair": ("ForSequenceClassification", {"id2label": {0: "relevance"}}),
    "text-pair-labels": ("ForSequenceClassification", {"id2label": {0: "contradiction", 1: "entailment", 2: "other"}}),
}
EXPORT_TASK = {"multi-label": "text-classification", "regression": "text-classification",
               "text-pair-labels": "text-pair"}

# sentence-transformers' modules after the transformer; a family without an entry has no modules.json
SENTENCE_MODULES: dict[str, tuple[str, ...]] = {
    "minilm": ("mean", "Normalize"), "roberta": ("cls",), "deberta-v2": ("max", "Normalize"),
    "distilbert": ("mean", "Dense"), "xlm-roberta": ("cls", "Normalize"),
}


@functools.cache
def _trained(kind: str) -> str:
    return make_tokenizers.train_tokenizer(kind).to_str()


def backend(kind: str) -> Any:
    """A tokenizers.Tokenizer of make_tokenizers, or unigram with types: unigram_types, of which pairs have 0 and 1, and
    unigram_xlnet, whose last token has 2."""
    from tokenizers import Tokenizer, processors
    templates = {"types": ("<s> $A </s>", "<s> $A </s> $B:1 </s>:1"),
                 "xlnet": ("$A </s> <s>:2", "$A </s> $B:1 </s>:1 <s>:2")}
    plain, _, ending = kind.rpartition("_")
    if ending not in templates:
        return Tokenizer.from_str(_trained(kind))
    tokenizer = Tokenizer.from_str(_trained(plain))
    single, pair = templates[ending]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")])
    return tokenizer


def _family(name: str) -> tuple[str, str, dict[str, Any]]:
    return FAMILIES[name] if name in FAMILIES else MORE_FAMILIES[name]


def make_tokenizer(family: str) -> Any:
    """Of transformers, with the family's special tokens."""
    from transformers import PreTrainedTokenizerFast
    kind = _family(family)[1]
    inner = backend(kind)
    bert_like = inner.token_to_id("[CLS]") is not None
    names = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") if bert_like else ("<pad>", "<unk>", "<s>", "</s>", "<mask>")
    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), names, strict=True))
    inputs = ["input_ids", "attention_mask"]
    if family in ("bert", "minilm", "deberta-v2", "xlnet", "big_bird"):
        inputs.insert(1, "token_type_ids")
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=LENGTH, model_input_names=inputs, **special)


def make_config(family: str, task: str, tokenizer: Any) -> Any:
    import transformers
    name, _, own = _family(family)
    settings = SIZES | {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id,
                        "initializer_range": SPREAD} | own | copy.deepcopy(TASKS[task][1])
    if "id2label" in settings:
        settings["label2id"] = {label: i for i, label in settings["id2label"].items()}
    if family == "modernbert":
        settings |= {"cls_token_id": tokenizer.cls_token_id, "sep_token_id": tokenizer.sep_token_id,
                     "bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id}
    if family in ("distilbert", "xlnet"):
        settings = {key: value for key, value in settings.items() if key not in SIZES}
    return getattr(transformers, name + "Config")(**settings)


def make_folder(family: str, task: str, out_dir: str | pathlib.Path) -> pathlib.Path:
    """Writes model and tokenizer into out_dir, which is returned. The same weights each time."""
    import torch
    import transformers
    out_dir = pathlib.Path(out_dir)
    tokenizer = make_tokenizer(family)
    config = make_config(family, task, tokenizer)
    torch.manual_seed(zlib.crc32(f"{family} {task}".encode()))
    model = getattr(transformers, _family(family)[0] + TASKS[task][0])(config).eval()
    if TASKS[task][0] == "ForSequenceClassification":
        center_scores(model, tokenizer)
    model.save_pretrained(out_dir)
    tokenizer.save_pretrained(out_dir)
    if task == "embedding" and family in SENTENCE_MODULES:
        add_sentence_modules(out_dir, SENTENCE_MODULES[family])
    if family == "minilm":
        bake_in_padding(out_dir / "tokenizer.json")
    return out_dir


def center_scores(model: Any, tokenizer: Any) -> None:
    """Moves the head's bias so that the mean logits are 0: else random weights give every text one label."""
    import torch
    texts = make_tokenizers.generated_lines(20) + make_tokenizers.documentation_lines(20)
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=32, return_tensors="pt")
    bias = [one for name, one in model.named_parameters() if "classifier" in name and name.endswith("bias")][-1]
    with torch.no_grad():
        bias -= model(**tokens).logits.mean(0)


def write_json(path: pathlib.Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def add_sentence_modules(folder: pathlib.Path, names: tuple[str, ...], length: int = 64) -> None:
    """modules.json and its folders: names[0] is the pooling, then Dense (to 24 values, Tanh) or Normalize."""
    import safetensors.torch
    import torch
    modules = [("Transformer", ""), ("Pooling", "1_Pooling")]
    modules += [(name, f"{i}_{name}") for i, name in enumerate(names[1:], start=2)]
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + name}
        for i, (name, path) in enumerate(modules)])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})
    modes = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 32} | {
        f"pooling_mode_{name}": mode == names[0] for mode, name in modes.items()})
    for name, path in modules:
        if name == "Dense":
            write_json(folder / path / "config.json", {"in_features": 32, "out_features": 24, "bias": True,
                                                       "activation_function": "torch.nn.modules.activation.Tanh"})
            weights = {"linear.weight": torch.randn(24, 32) * 0.2, "linear.bias": torch.randn(24) * 0.2}
            safetensors.torch.save_file(weights, folder / path / "model.safetensors")


def bake_in_padding(path: pathlib.Path) -> None:
    """As in all-MiniLM-L6-v2: tokenizer.json itself pads and cuts, to another length than the model's."""
    document = json.loads(path.read_text())
    document["truncation"] = {"max_length": 32, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    document["padding"] = {"strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                           "pad_type_id": 0, "pad_token": "[PAD]"}
    path.write_text(json.dumps(document))
