"""A sentence-transformers folder of a well-known size, weights by a fixed seed:
random_weights.py TOKENIZER_FOLDER OUT distilbert|qwen3_1b. The latter are 1.07 billion, stored in bf16.

For time only: what it says about a text means nothing, but is the same everywhere.
"""

import sys
import tempfile

import torch
from sentence_transformers import SentenceTransformer, models
from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel, PreTrainedModel, Qwen3Config, Qwen3Model


def distilbert() -> PreTrainedModel:
    return DistilBertModel(DistilBertConfig())


def qwen3_1b() -> PreTrainedModel:
    torch.set_default_dtype(torch.bfloat16)
    return Qwen3Model(Qwen3Config(
        vocab_size=30522, hidden_size=2048, intermediate_size=6144, num_hidden_layers=20, num_attention_heads=16,
        num_key_value_heads=8, head_dim=128, max_position_embeddings=2048))


SHAPES = {"distilbert": distilbert, "qwen3_1b": qwen3_1b}


def main() -> None:
    tokenizer, out, shape = sys.argv[1:]
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        model = SHAPES[shape]()
        model.save_pretrained(folder)
        names = ["input_ids", "attention_mask"]
        AutoTokenizer.from_pretrained(tokenizer, model_input_names=names).save_pretrained(folder)
        transformer = models.Transformer(folder, max_seq_length=model.config.max_position_embeddings)
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
        SentenceTransformer(modules=[transformer, pooling], device="cpu").save_pretrained(out)


if __name__ == "__main__":
    main()
