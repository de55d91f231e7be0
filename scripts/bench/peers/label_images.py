"""Pictures of a folder to labels as people do it: a torchvision DataLoader with worker processes, then an engine.

    label_images.py FOLDER OUT torch|compile|onnxruntime|openvino float32|bfloat16 WORKERS BATCH [--model FILE]

Writes JSON Lines of id, label and score, in the order of the names. --model: what `make_images_model.py` made for the engine.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from resnet50 import MEAN, STD, build
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

Logits = Callable[[Iterator[torch.Tensor]], Iterator[np.ndarray]]


class Pictures(Dataset):
    """As torchvision's own datasets open them."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(path for path in folder.iterdir() if path.suffix == ".jpg")
        self.transform = v2.Compose([v2.Resize(256), v2.CenterCrop(224), v2.ToImage(), v2.ToDtype(torch.float32, scale=True),
                                     v2.Normalize(MEAN, STD)])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        with Image.open(self.paths[index]) as picture:
            return self.transform(picture.convert("RGB"))


def by_torch(dtype: torch.dtype, compiled: bool) -> Logits:
    model = build().to(dtype).to(memory_format=torch.channels_last)
    run = torch.compile(model, dynamic=False) if compiled else model

    def logits(batches: Iterator[torch.Tensor]) -> Iterator[np.ndarray]:
        with torch.inference_mode():
            for batch in batches:
                yield run(batch.to(dtype).to(memory_format=torch.channels_last)).float().numpy()
    return logits


def by_onnxruntime(path: str) -> Logits:
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def logits(batches: Iterator[torch.Tensor]) -> Iterator[np.ndarray]:
        for batch in batches:
            yield session.run(None, {"pixels": batch.numpy()})[0]
    return logits


def by_openvino(path: str, dtype: torch.dtype) -> Logits:
    """Asynchronous, as its own guide for throughput has it."""
    import openvino
    hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "bf16" if dtype == torch.bfloat16 else "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", hints)
    queue = openvino.AsyncInferQueue(compiled)
    done: dict[int, np.ndarray] = {}
    queue.set_callback(lambda request, number: done.update({number: request.get_output_tensor(0).data.copy()}))

    def logits(batches: Iterator[torch.Tensor]) -> Iterator[np.ndarray]:
        count = 0
        for count, batch in enumerate(batches, start=1):
            queue.start_async({0: batch.numpy()}, count - 1)
        queue.wait_all()
        yield from (done[number] for number in range(count))
    return logits


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("engine", choices=("torch", "compile", "onnxruntime", "openvino"))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("workers", type=int)
    parser.add_argument("batch", type=int)
    parser.add_argument("--model", default="")
    args = parser.parse_args()
    dtype = getattr(torch, args.dtype)
    pictures = Pictures(args.folder)
    loader = DataLoader(pictures, batch_size=args.batch, num_workers=args.workers)
    engine = {"torch": lambda: by_torch(dtype, False), "compile": lambda: by_torch(dtype, True),
              "onnxruntime": lambda: by_onnxruntime(args.model), "openvino": lambda: by_openvino(args.model, dtype)}[args.engine]()
    with args.out.open("w") as out:
        names = iter(pictures.paths)
        for logits in engine(iter(loader)):
            scores = torch.softmax(torch.from_numpy(logits), dim=1)
            best = scores.max(dim=1)
            for score, label in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                out.write(json.dumps({"id": str(next(names)), "label": str(label), "score": score}) + "\n")


if __name__ == "__main__":
    main()
