"""A sentence-transformers folder of a well-known size, weights by a fixed seed: random_weights.py TOKENIZER_FOLDER OUT distilbert.

For time only: what it says about a text means nothing, but is the same everywhere.
"""

import sys
import tempfile

import torch
from sentence_transformers import SentenceTransformer, models
from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

SHAPES = {"distilbert": (DistilBertModel, DistilBertConfig)}


def main() -> None:
    tokenizer, out, shape = sys.argv[1:]
    torch.manual_seed(0)
    model, config = SHAPES[shape]
    with tempfile.TemporaryDirectory() as folder:
        model(config()).save_pretrained(folder)
        names = ["input_ids", "attention_mask"]
        AutoTokenizer.from_pretrained(tokenizer, model_input_names=names).save_pretrained(folder)
        transformer = models.Transformer(folder, max_seq_length=config().max_position_embeddings)
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
        SentenceTransformer(modules=[transformer, pooling], device="cpu").save_pretrained(out)


if __name__ == "__main__":
    main()
