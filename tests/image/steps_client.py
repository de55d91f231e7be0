"""Asks the program run_steps what a bundle's steps make of pictures."""

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


@dataclass(frozen=True)
class Request:
    """A picture, what is done to it and the size that it has then."""

    picture: np.ndarray  # [height, width, 3], uint8
    backend: str
    steps: tuple[str, ...]
    size: tuple[int, int]

    def as_bytes(self) -> bytes:
        """As the program reads it."""
        numbers = (*self.picture.shape[:2], *self.size)
        head = f"{self.backend} {' '.join(self.steps)} ; {' '.join(map(str, numbers))}\n"
        return head.encode() + self.picture.tobytes()


def resize(size: tuple[int, int], name: str) -> str:
    return f"resize:{size[0]}:{size[1]}:{FILTERS.index(name)}"


def resize_shortest(size: int, name: str) -> str:
    return f"resize_shortest:{size}:{FILTERS.index(name)}"


def center_crop(size: tuple[int, int]) -> str:
    return f"center_crop:{size[0]}:{size[1]}"


def center_square(part: int, whole: int) -> str:
    return f"center_square:{part}:{whole}"


def run(program: Path, requests: Sequence[Request]) -> list[np.ndarray | str]:
    """Of each request the picture, or why it is refused."""
    given = b"".join(request.as_bytes() for request in requests)
    answer = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True).stdout
    results: list[np.ndarray | str] = []
    at = 0
    for _ in requests:
        height, width = struct.unpack_from("<II", answer, at)
        at += 8
        if height == 0:
            (length,) = struct.unpack_from("<I", answer, at)
            results.append(answer[at + 4:at + 4 + length].decode())
            at += 4 + length
        else:
            values = np.frombuffer(answer, np.uint8, height * width * 3, at)
            results.append(values.reshape(height, width, 3))
            at += height * width * 3
    return results
