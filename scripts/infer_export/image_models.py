"""What of a model of pictures is exported: pixels' values in, one vector or the logits out."""

import torch
from torch import Tensor, nn

from .modules import TensorModel
from .pixels import PixelValues

FEATURES = "features"  # what get_image_features() gives


class Logits(nn.Module):
    """float32 [batch, 3, height, width] -> [batch, labels]."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model, self.architecture = model, type(model).__name__

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.model(pixel_values=pixel_values).logits


class PictureVector(nn.Module):
    """float32 [batch, 3, height, width] -> [batch, width]. `pooling`: pooler, cls, mean, features, or the name of the
    result's field that is the vector."""

    def __init__(self, model: nn.Module, pooling: str):
        super().__init__()
        self.model, self.pooling, self.architecture = model, pooling, type(model).__name__

    def forward(self, pixel_values: Tensor) -> Tensor:
        if self.pooling == FEATURES:
            features = self.model.get_image_features(pixel_values=pixel_values)
            return features if isinstance(features, Tensor) else features.pooler_output
        result = self.model(pixel_values=pixel_values)
        if self.pooling == "pooler":
            return result.pooler_output.flatten(1)  # of convolutional nets it is [batch, width, 1, 1]
        if self.pooling == "cls":
            return result.last_hidden_state[:, 0]
        return mean(result.last_hidden_state) if self.pooling == "mean" else result[self.pooling]


def mean(hidden: Tensor) -> Tensor:
    """Of [batch, places, width] or [batch, width, height, width of the map], over the places."""
    return hidden.mean(dim=1) if hidden.dim() == 3 else hidden.flatten(2).mean(dim=2)


class PromptHead(nn.Module):
    """How well a picture's vector fits each text, as CLIP and SigLIP have it: [batch, width] -> [batch, labels]."""

    def __init__(self, texts: Tensor, scale: Tensor, bias: Tensor):
        """`texts`: [labels, width], each of length 1."""
        super().__init__()
        self.register_buffer("texts", texts)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", bias)

    def forward(self, vector: Tensor) -> Tensor:
        return torch.matmul(vector / vector.norm(p=2, dim=-1, keepdim=True), self.texts.t()) * self.scale + self.bias


class ImageModel(TensorModel):
    """uint8 [batch, height, width, 3] -> float32. Pixels' values are float32, whatever the body is computed in; the head
    always is."""

    def __init__(self, body: nn.Module, pixels: PixelValues, head: nn.Module | None = None):
        super().__init__(body)
        self.pixels, self.head = pixels, head

    def raw(self, image: Tensor) -> object:
        result = super().raw(self.pixels(image))
        return self.head(result.float()) if self.head is not None and isinstance(result, Tensor) else result

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self._run(image)
