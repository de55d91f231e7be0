"""Trains a small CNN on scikit-learn's handwritten digits and writes what the demo scores with.

Into the folder given as the only argument:
  digits.pt      the model as TorchScript
  digits.pt2     the same model compiled ahead of time (AOTInductor) for this machine's CPU
  digits.jsonl   500 held-out scans, one object a line: id, pixels (8 rows of 8 numbers, 0 ... 16), digit (the truth)
  labels.txt     the name of class i on line i + 1
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import orjson
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

HELD_OUT = 500
EPOCHS = 30
BATCH = 64


class DigitNet(nn.Module):
    """Scores 8x8 scans: pixels [batch, 8, 8] in 0 ... 16 -> logits [batch, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 10),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels.unsqueeze(1) / 16.0)


def train(pixels: Tensor, digits: Tensor) -> DigitNet:
    """Fits a net to pixels [rows, 8, 8] and digits [rows], the same one every time; returns it in eval mode."""
    torch.manual_seed(0)
    net = DigitNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(pixels)).split(BATCH):
            loss = nn.functional.cross_entropy(net(pixels[rows]), digits[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.eval()


def save_torchscript(net: DigitNet, example: Tensor, path: Path) -> None:
    """Writes `net`, traced with example [batch, 8, 8]."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # tracing is deprecated, but the format is still in use
        torch.jit.trace(net, example).save(str(path))


def save_aotinductor(net: DigitNet, example: Tensor, path: Path) -> None:
    """Writes `net`, compiled for batches of 1 ... 4096 rows and any number of threads."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    with torch.no_grad():
        program = torch.export.export(net, (example,), dynamic_shapes={"pixels": {0: batch}})
        torch._inductor.aoti_compile_and_package(
            program,
            package_path=str(path),
            inductor_configs={
                "aot_inductor.check_lowerbound": False,  # else a batch of 1 is refused
                "cpp.dynamic_threads": True,  # else the number of threads is compiled in
            },
        )


def save_records(pixels: np.ndarray, digits: np.ndarray, path: Path) -> None:
    """Writes pixels [rows, 8, 8] and digits [rows] as JSON lines."""
    rows = zip(pixels.astype(int).tolist(), digits.tolist(), strict=True)
    path.write_bytes(b"".join(orjson.dumps({"id": i, "pixels": p, "digit": d}) + b"\n" for i, (p, d) in enumerate(rows)))


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    scans = load_digits()
    order = np.random.default_rng(0).permutation(len(scans.target))
    test, rest = order[:HELD_OUT], order[HELD_OUT:]

    net = train(torch.tensor(scans.images[rest], dtype=torch.float32), torch.tensor(scans.target[rest]))
    held_out = torch.tensor(scans.images[test], dtype=torch.float32)
    with torch.no_grad():
        right = int((net(held_out).argmax(1).numpy() == scans.target[test]).sum())
    print(f"trained on {len(rest)} scans; right on {right} of {HELD_OUT} held-out ones", file=sys.stderr)

    save_torchscript(net, held_out[:16], folder / "digits.pt")
    save_aotinductor(net, held_out[:16], folder / "digits.pt2")
    save_records(scans.images[test], scans.target[test], folder / "digits.jsonl")
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in scans.target_names))


if __name__ == "__main__":
    main()
