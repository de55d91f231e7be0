"""The model of label_images.py for an engine that wants a file of its own: make_images_model.py OUT onnx|openvino."""

import sys
import warnings
from pathlib import Path

import torch
from resnet50 import build

EXAMPLE = torch.zeros(2, 3, 224, 224)


def main() -> None:
    out, kind = Path(sys.argv[1]), sys.argv[2]
    warnings.simplefilter("ignore")
    if kind == "onnx":
        torch.onnx.export(build(), (EXAMPLE,), str(out), input_names=["pixels"], output_names=["logits"],
                          dynamic_axes={"pixels": {0: "batch"}, "logits": {0: "batch"}}, dynamo=False)
        return
    import openvino
    model = openvino.convert_model(build(), example_input=EXAMPLE, input=[-1, 3, 224, 224])
    openvino.save_model(model, out, compress_to_fp16=False)


if __name__ == "__main__":
    main()
