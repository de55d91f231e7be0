"""Writes a tiny folder of any of transformers' families, random weights and a trained tokenizer, from its configuration
class alone: sizes are set by the names that families give them. Nothing is downloaded.
"""

import pathlib
import zlib
from typing import Any

import make_text_models

LENGTH = make_text_models.LENGTH
SPREAD = make_text_models.SPREAD

# Every family has some of these; several names for one thing stand together.
SIZES: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "dim", "n_embd", "emb_dim", "embedding_size", "word_embed_proj_dim"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers", "num_layers",
                     "num_decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "encoder_attention_heads", "decoder_attention_heads",
                     "num_heads", "num_key_value_heads"), 2),
    **dict.fromkeys(("intermediate_size", "d_inner", "hidden_dim", "n_inner", "ffn_dim", "encoder_ffn_dim",
                     "decoder_ffn_dim", "d_ff", "dff"), 64),
    **dict.fromkeys(("d_kv", "head_dim", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "rotary_dim", "kv_channels",
                     "d_head"), 16),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len"), LENGTH),
    **dict.fromkeys(("initializer_range", "init_std", "embed_init_std"), SPREAD),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4), "moe_intermediate_size": 32,
}
OFFSET = {"max_position_embeddings": LENGTH + 2}  # positions count from the padding's id + 1
OWN: dict[str, dict[str, Any]] = {
    "big_bird": {"attention_type": "original_full"},
    "camembert": OFFSET, "data2vec-text": OFFSET, "ibert": OFFSET, "mpnet": OFFSET, "roberta": OFFSET, "xlm-roberta": OFFSET,
    "roberta-prelayernorm": OFFSET, "xlm-roberta-xl": OFFSET, "xmod": OFFSET | {"languages": ["en_XX"],
                                                                                "default_language": "en_XX"},
    "longformer": OFFSET | {"attention_window": 16}, "led": {"attention_window": 16, "max_encoder_position_embeddings": LENGTH,
                                                             "max_decoder_position_embeddings": LENGTH},
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_biased_input": False},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_biased_input": False,
                   "position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True},
    "funnel": {"block_sizes": [1, 1], "num_decoder_layers": 1, "n_head": 2, "d_inner": 64},
    "mobilebert": {"intra_bottleneck_size": 16, "true_hidden_size": 16, "embedding_size": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 8},
    "reformer": {"axial_pos_shape": [8, 16], "axial_pos_embds_dim": [16, 16], "attn_layers": ["local", "lsh"],
                 "attention_head_size": 16, "feed_forward_size": 64, "local_attn_chunk_length": 8, "lsh_attn_chunk_length": 8,
                 "num_buckets": 2, "hash_seed": 1},
    "convbert": {"conv_kernel_size": 5}, "squeezebert": {"q_groups": 1, "k_groups": 1, "v_groups": 1,
                                                         "intermediate_groups": 1, "output_groups": 1, "post_attention_groups": 1},
    "modernbert": {"local_attention": 16, "global_attn_every_n_layers": 2},
    "gemma3_text": {"sliding_window": 16}, "mistral": {"sliding_window": 16}, "jamba": {"use_mamba_kernels": False, "attn_layer_period": 2, "attn_layer_offset": 1},
    "mamba": {"state_size": 8}, "nystromformer": {"num_landmarks": 8, "segment_means_seq_len": LENGTH},
    "yoso": {"use_expectation": True}, "phi3": {"rope_parameters": None}, "rwkv": {"attention_hidden_size": 32},
}

# Of encoders with a decoder, what gives vectors.
LIKELIHOODS = ("likelihood", "likelihood-pair")
ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel", "longt5": "LongT5EncoderModel"}


def class_name(model_type: str, task: str) -> str | None:
    """transformers' class of the family for a task of make_text_models; None where it has none."""
    from transformers.models.auto import modeling_auto
    mapping = {"text-classification": modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
               "text-pair": modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
               "token-classification": modeling_auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
               "embedding": modeling_auto.MODEL_MAPPING_NAMES,
               **dict.fromkeys(LIKELIHOODS, modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)}[task]
    found = mapping.get(model_type)
    if task == "embedding" and model_type in ENCODERS:
        return ENCODERS[model_type]
    return found if isinstance(found, str) or found is None else found[0]


def make_tokenizer() -> Any:
    from transformers import PreTrainedTokenizerFast
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>",
             "sep_token": "</s>", "mask_token": "<mask>"}
    return PreTrainedTokenizerFast(tokenizer_object=make_text_models.backend("unigram_types"), model_max_length=LENGTH,
                                   model_input_names=["input_ids", "token_type_ids", "attention_mask"], **names)


def make_config(model_type: str, task: str, tokenizer: Any, **more: Any) -> Any:
    """`more` are values of the configuration, also of names that it does not know itself."""
    import inspect

    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    kind = CONFIG_MAPPING[model_type]
    known = inspect.signature(kind.__init__).parameters
    tokens = {"vocab_size": len(tokenizer), **{f"{name}_token_id": getattr(tokenizer, f"{name}_token_id")
                                               for name in ("pad", "bos", "eos", "cls", "sep", "mask")}}
    more = {"decoder_start_token_id": tokenizer.pad_token_id} | more if kind().is_encoder_decoder else more
    settings = {name: value for name, value in (SIZES | tokens).items() if name in known}
    settings |= OWN.get(model_type, {}) | ({} if task in LIKELIHOODS else make_text_models.TASKS[task][1])
    if "id2label" in settings:
        settings["label2id"] = {label: i for i, label in settings["id2label"].items()}
    return kind(**settings | more)


def make_folder(model_type: str, task: str, out_dir: str | pathlib.Path, *, architecture: str | None = None,
                tokenizer: Any = None, **more: Any) -> pathlib.Path:
    """Writes model and tokenizer into out_dir, which is returned. The same weights each time."""
    import torch
    import transformers
    tokenizer = tokenizer or make_tokenizer()
    config = make_config(model_type, task, tokenizer, **more)
    torch.manual_seed(zlib.crc32(f"{model_type} {task}".encode()))
    model = getattr(transformers, architecture or class_name(model_type, task))(config).eval()
    if tokenizer.pad_token_id == tokenizer.eos_token_id is not None:  # a token like others, of which texts may consist
        torch.nn.init.normal_(model.get_input_embeddings().weight.data[tokenizer.pad_token_id], std=SPREAD)
    model.save_pretrained(out_dir)
    tokenizer.save_pretrained(out_dir)
    return pathlib.Path(out_dir)
