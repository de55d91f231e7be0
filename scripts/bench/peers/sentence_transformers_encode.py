"""sentence-transformers as its documentation uses it: SentenceTransformer(...).encode(texts).

    sentence_transformers_encode.py MODEL INPUT OUTPUT BACKEND DTYPE THREADS

BACKEND is torch, onnx or openvino; DTYPE is float32 or bfloat16. The model folder holds what the backend reads.
"""

import sys

import torch
from records import read_records, write_rows
from sentence_transformers import SentenceTransformer

MAX_LENGTH = 512
BATCH = 32


def options(backend: str, dtype: str) -> dict:
    """Keyword arguments of the backend's model."""
    if backend == "openvino":
        return {"ov_config": {"INFERENCE_PRECISION_HINT": "bf16" if dtype == "bfloat16" else "f32"}}
    if backend == "onnx":
        return {"provider": "CPUExecutionProvider"}
    return {"torch_dtype": getattr(torch, dtype)}


def main() -> None:
    model_path, input_path, output_path, backend, dtype, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    ids, texts = read_records(input_path)
    model = SentenceTransformer(model_path, device="cpu", backend=backend, model_kwargs=options(backend, dtype))
    model.max_seq_length = MAX_LENGTH
    embeddings = model.encode(texts, batch_size=BATCH, convert_to_numpy=True, show_progress_bar=False)
    write_rows(output_path, ids, embeddings.astype("float32"))


if __name__ == "__main__":
    main()
