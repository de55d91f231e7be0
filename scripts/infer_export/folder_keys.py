"""Every key that the files of a sentence-transformers folder may have, and what becomes of it. What is not here is
refused by name; FOLDERS.md is this list as a table, written by `python -m infer_export.folder_keys` in scripts/."""

import dataclasses
from typing import Any

from .errors import UsageError
from .pooling_table import POOLINGS

OLD_TRANSFORMER_CONFIGS = ("sentence_roberta_config.json", "sentence_distilbert_config.json",
                           "sentence_camembert_config.json", "sentence_albert_config.json",
                           "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json")
TRANSFORMER_CONFIGS = ("sentence_bert_config.json", *OLD_TRANSFORMER_CONFIGS)


@dataclasses.dataclass(frozen=True)
class Key:
    fate: str  # followed, no effect or refused
    note: str = ""
    harmless: tuple[Any, ...] = (None,)  # values of a refused key that ask for nothing

    def text(self) -> str:
        kept = [repr(one) for one in self.harmless if one is not None] if self.fate == "refused" else []
        return self.note + (f"; {' or '.join(kept)} is accepted" if kept else "")


def _followed(note: str = "") -> Key:
    return Key("followed", note)


def _idle(note: str = "") -> Key:
    return Key("no effect", note)


def _refused(note: str, *harmless: Any) -> Key:
    return Key("refused", note, (None, *harmless))


_LOADING = {name: _idle("how files are found and loaded") for name in (
    "cache_dir", "device_map", "force_download", "local_files_only", "low_cpu_mem_usage", "revision", "subfolder", "token",
    "trust_remote_code", "use_safetensors")}
_SENTENCE = ("sentence_embedding",)
_OWN_VECTOR = _refused("works on something else than the sentence's vector", *_SENTENCE)

# By file, or by the name of the module whose config.json it is, or by the key whose members they are.
KEYS: dict[str, dict[str, Key]] = {
    "modules.json": {
        "idx": _idle("the order of the list counts"), "name": _idle(), "path": _followed(), "type": _followed(),
        "kwargs": _idle("names of arguments that a caller of encode() may give")},
    "config_sentence_transformers.json": {
        "__version__": _idle(), "requirements": _idle("packages that sentence-transformers asks for"),
        "model_type": _refused("another kind of model", "SentenceTransformer"),
        "prompts": _followed("the default one; --prompt-name chooses another, --prompt gives a text"),
        "default_prompt_name": _followed("put before each text by infer"),
        "similarity_fn_name": _idle("how vectors are compared later"),
        "truncate_dim": _followed("the first values, not normalised again; --dimensions gives another number")},
    "config_sentence_transformers.json of a cross-encoder": {
        "__version__": _idle(), "requirements": _idle("packages that sentence-transformers asks for"),
        "model_type": _refused("another kind of model", "CrossEncoder"),
        "prompts": _followed("must be none by default"),
        "default_prompt_name": _refused("infer puts no prompt before pairs"),
        "activation_fn": _followed("Sigmoid, Identity, Softmax; of several labels Identity gives softmax's scores, and "
                                   "--activation none the logits"),
        "keep_in_fp32_modules": _idle("weights are loaded in float32")},
    "sentence_bert_config.json": {
        "max_seq_length": _followed(), "do_lower_case": _followed(),
        "model_args": _followed("the older name of model_kwargs"), "model_kwargs": _followed("see below"),
        "tokenizer_args": _followed("the older name of processor_kwargs"), "processor_kwargs": _followed("see below"),
        "config_args": _followed("the older name of config_kwargs"), "config_kwargs": _followed("see below"),
        "processing_kwargs": _followed("see below"),
        "transformer_task": _followed("must be feature-extraction, of a cross-encoder sequence-classification"),
        "modality_config": _followed("must take text as it is, by forward; other kinds of input are left out"),
        "module_output_name": _followed("must be token_embeddings, of a cross-encoder scores"),
        "unpad_inputs": _idle("speed"), "cache_dir": _LOADING["cache_dir"],
        "query_length": _idle("encode_query() only"), "document_length": _idle("encode_document() only"),
        "query_expansion": _idle("encode_query() only"),
        "tokenizer_name_or_path": _refused("give --tokenizer"),
        "backend": _refused("another library computes", "torch")},
    "model_kwargs": _LOADING | {
        "attn_implementation": _idle("how attention is computed"), "add_pooling_layer": _idle("a pooler is not part of it"),
        "dtype": _idle("--dtype says"), "torch_dtype": _idle("--dtype says")},
    "processor_kwargs": _LOADING | {
        "model_max_length": _followed("wins over max_seq_length"), "truncation_side": _followed(),
        "do_lower_case": _followed(), "strip_accents": _followed(), "tokenize_chinese_chars": _followed(),
        "add_prefix_space": _followed(), "add_bos_token": _followed(), "add_eos_token": _followed(),
        "legacy": _followed(), "from_slow": _followed(),
        "padding_side": _idle("infer pads where the mask says"), "use_fast": _idle("always"),
        "clean_up_tokenization_spaces": _idle("decoding only")},
    "config_kwargs": _LOADING | {"use_cache": _idle("speed"), "add_pooling_layer": _idle("a pooler is not part of it")},
    "processing_kwargs": {
        "text": _followed("see below"), "common": _refused("", {}), "chat_template": _refused("", {}), "audio": _idle(),
        "image": _idle(), "video": _idle()},
    "processing_kwargs.text": {
        "max_length": _followed("wins over all other lengths"), "padding": _idle("values do not depend on it"),
        "pad_to_multiple_of": _idle("values do not depend on it"),
        "truncation": _refused("texts that are too long must be cut", True, "longest_first", "only_first")},
    "Pooling": {
        "embedding_dimension": _idle("follows from the model"), "word_embedding_dimension": _idle("the older name"),
        "pooling_mode": _followed(f"{', '.join(POOLINGS)}, or several, one after the other"),
        **{one.old_key: _followed("an older form") for one in POOLINGS.values()},
        "include_prompt": _followed("false leaves the prompt's tokens out of the pooling")},
    "Dense": {
        "in_features": _followed(), "out_features": _followed(), "bias": _followed(),
        "activation_function": _followed("those of torch.nn without settings; others are refused"),
        "use_residual": _followed(), "module_input_name": _OWN_VECTOR, "module_output_name": _OWN_VECTOR},
    "LayerNorm": {"dimension": _followed()},
    "Dropout": {"dropout": _idle("nothing is dropped after training")},
    "Normalize": {"module_input_name": _OWN_VECTOR, "module_output_name": _OWN_VECTOR},
}


def check_keys(where: str, document: Any, kind: str) -> dict[str, Any]:
    """The document, an object of this kind. Throws UsageError for a key that is refused or not known."""
    if not isinstance(document, dict):
        raise UsageError(f"{where}: must be an object; get the model again")
    for name, value in document.items():
        key = KEYS[kind].get(name)
        if key is None:
            raise UsageError(f"{where}: has the key {name} = {value!r}, which this exporter does not know: remove it if it "
                             "changes nothing, else wrap the model yourself and use --factory")
        if key.fate == "refused" and value not in key.harmless:
            reason = f" ({key.note})" if key.note else ""
            raise UsageError(f"{where}: {name} is {value!r}, which this exporter does not follow{reason}: wrap the model "
                             "yourself and use --factory")
    return document


_HEAD = """# What becomes of a sentence-transformers folder

`export_model.py --task embedding` (and `--head`) makes the vectors that `SentenceTransformer(FOLDER).encode(texts)` of
sentence-transformers 6 makes; `--task text-pair` the scores of `CrossEncoder(FOLDER).predict(pairs)`. Each key of the
folder's files is followed, is known to be without effect on that, or is refused by its name; so is a key that is not
in this list. A refused key with the value null asks for nothing and is accepted. This file is written by
`python -m infer_export.folder_keys` in `scripts/`; the list is in `folder_keys.py`.

Modules that are known: `Transformer` or `StaticEmbedding` first; `Pooling` after a `Transformer`; then any number of
`Dense`, `LayerNorm`, `Dropout` and `Normalize`, in any order. All others are refused: `BoW`, `CLIPModel`, `CNN`, `LSTM`,
`LogitScore`, `MultiVectorMask`, `Router` (`Asym`), `SparseAutoEncoder`, `SparseStaticEmbedding`, `SpladePooling`,
`TokenPooling`, `WeightedLayerPooling`, `WordEmbeddings`, `WordWeights`, and those of the folder itself.

A folder without `modules.json` has no settings: mean pooling, or lasttoken for a `...ForCausalLM`; as in
sentence-transformers, none of the files below is read then. `--task text-classification`, `token-classification`, `likelihood` and
`outputs` are transformers' own and read none of them either.

The length and `do_lower_case` come from `sentence_bert_config.json` or, where it is not there, from the first of its
older names: {older}.

| file, or module | key | what becomes of it | |
|---|---|---|---|
"""


def table() -> str:
    """FOLDERS.md."""
    rows = [f"| {f'`{kind}`' if k == 0 else ''} | `{name}` | {key.fate} | {key.text()} |"
            for kind, keys in KEYS.items() for k, (name, key) in enumerate(sorted(keys.items()))]
    older = ", ".join(f"`{name}`" for name in OLD_TRANSFORMER_CONFIGS)
    return _HEAD.format(older=older) + "\n".join(rows) + "\n"


if __name__ == "__main__":
    import pathlib
    pathlib.Path(__file__).with_name("FOLDERS.md").write_text(table(), encoding="utf-8")
