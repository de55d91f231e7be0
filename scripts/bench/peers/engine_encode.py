"""An inference engine without a framework around it, in a loop that its experts would write.

    engine_encode.py MODEL INPUT OUTPUT ENGINE PRECISION THREADS WIDTH

ENGINE is onnxruntime, openvino or ctranslate2. Texts are sorted by length and go through in batches of 32; openvino gets
its requests asynchronously, with its own hint for throughput. MODEL is the engine's own file or folder,
WIDTH the length of an embedding.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tokenizers
from records import mean_pool, read_records, sorted_batches, write_rows

MAX_LENGTH = 512
BATCH = 32
Batch = tuple[np.ndarray, np.ndarray]
Run = Callable[[Iterator[tuple[list[int], Batch]], np.ndarray], None]


def feeds(batch: Batch) -> dict[str, np.ndarray]:
    ids, mask = batch
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def onnxruntime_run(model: str, precision: str, threads: int) -> Run:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    names = {each.name for each in session.get_inputs()}

    def run(batches: Iterator[tuple[list[int], Batch]], results: np.ndarray) -> None:
        for rows, batch in batches:
            given = {name: value for name, value in feeds(batch).items() if name in names}
            results[rows] = mean_pool(session.run(None, given)[0], batch[1])

    return run


def openvino_run(model: str, precision: str, threads: int) -> Run:
    import openvino

    hint = "f32" if precision == "fp32" else "bf16"  # int8: of what is not quantized
    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": hint}
    compiled = openvino.compile_model(model, "CPU", settings)
    names = {name for each in compiled.inputs for name in each.names}

    def run(batches: Iterator[tuple[list[int], Batch]], results: np.ndarray) -> None:
        requests = [compiled.create_infer_request() for _ in range(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))]
        running: deque[tuple[openvino.InferRequest, list[int], np.ndarray]] = deque()

        def keep_oldest() -> None:
            request, rows, mask = running.popleft()
            request.wait()
            results[rows] = mean_pool(request.get_output_tensor(0).data, mask)
            requests.append(request)

        for rows, batch in batches:
            if not requests:
                keep_oldest()
            request = requests.pop()
            request.start_async({name: value for name, value in feeds(batch).items() if name in names})
            running.append((request, rows, batch[1]))
        while running:
            keep_oldest()

    return run


def ctranslate2_run(model: str, precision: str, threads: int) -> Run:
    import ctranslate2

    kinds = {"fp32": "float32", "bf16": "bfloat16", "int8": "int8_float32"}
    encoder = ctranslate2.Encoder(model, device="cpu", compute_type=kinds[precision], intra_threads=threads)

    def run(batches: Iterator[tuple[list[int], Batch]], results: np.ndarray) -> None:
        for rows, (ids, mask) in batches:
            lengths = ctranslate2.StorageView.from_array(mask.sum(axis=1).astype(np.int32))
            output = encoder.forward_batch(ctranslate2.StorageView.from_array(ids.astype(np.int32)), lengths=lengths)
            results[rows] = mean_pool(np.asarray(output.last_hidden_state), mask)

    return run


ENGINES = {"onnxruntime": onnxruntime_run, "openvino": openvino_run, "ctranslate2": ctranslate2_run}


def main() -> None:
    model, input_path, output_path, engine, precision, threads, width = sys.argv[1:]
    ids, texts = read_records(input_path)
    source = Path(model).parent if Path(model).is_file() else Path(model)
    tokenizer = tokenizers.Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_LENGTH)
    tokenizer.enable_padding()

    def batches() -> Iterator[tuple[list[int], Batch]]:
        for rows in sorted_batches(texts, BATCH):
            encodings = tokenizer.encode_batch_fast([texts[row] for row in rows])
            arrays = [np.array([getattr(each, name) for each in encodings], np.int64) for name in ("ids", "attention_mask")]
            yield rows, (arrays[0], arrays[1])

    results = np.empty((len(texts), int(width)), np.float32)
    ENGINES[engine](model, precision, int(threads))(batches(), results)
    write_rows(output_path, ids, results)


if __name__ == "__main__":
    main()
