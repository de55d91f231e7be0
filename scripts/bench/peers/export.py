"""Makes a peer's models from a sentence-transformers folder: export.py MODEL OUT onnx|openvino|ctranslate2.

onnx: onnx/model.onnx and, quantized dynamically by onnxruntime, onnx/model_int8.onnx. openvino: openvino/openvino_model.xml
and, by NNCF's post-training quantization calibrated on 300 texts of this Python's documentation, openvino_model_int8.xml.
"""

import shutil
import sys
from pathlib import Path

CALIBRATION_TEXTS = 300
CALIBRATION_LENGTH = 128


def make_onnx(source: str, out: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(source, device="cpu", backend="onnx").save_pretrained(str(out))
    model = out / "onnx/model.onnx"
    quantize_dynamic(model, out / "onnx/model_int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    shutil.copy(out / "tokenizer.json", out / "onnx")


def make_openvino(source: str, out: Path) -> None:
    import nncf
    import openvino
    from sentence_transformers import SentenceTransformer

    sentence_model = SentenceTransformer(source, device="cpu", backend="openvino")
    sentence_model.save_pretrained(str(out))
    shutil.copy(out / "tokenizer.json", out / "openvino")
    path = out / "openvino/openvino_model.xml"
    model = openvino.Core().read_model(path)
    names = {name for each in model.inputs for name in each.names}
    sys.path.append(str(Path(__file__).resolve().parents[3] / "tests/support"))
    from make_tokenizers import documentation_lines

    def feeds(text: str) -> dict:
        encoded = sentence_model.tokenizer(text, truncation=True, max_length=CALIBRATION_LENGTH, return_tensors="np")
        return {name: value for name, value in encoded.items() if name in names}

    texts = [line for line in documentation_lines(20_000) if len(line) > 60][:CALIBRATION_TEXTS]
    dataset = nncf.Dataset(texts, feeds)
    quantized = nncf.quantize(model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_TEXTS)
    openvino.save_model(quantized, out / "openvino/openvino_model_int8.xml", compress_to_fp16=False)


def make_ctranslate2(source: str, out: Path) -> None:
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(source, copy_files=["tokenizer.json"]).convert(str(out))


def main() -> None:
    source, out, backend = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    {"onnx": make_onnx, "openvino": make_openvino, "ctranslate2": make_ctranslate2}[backend](source, out)


if __name__ == "__main__":
    main()
