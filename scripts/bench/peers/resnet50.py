"""ResNet-50 with weights by a fixed seed, fitted to scikit-learn's pictures so far that its activations stay in range and
labels differ from picture to picture."""

import torch
import torchvision
from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build() -> nn.Module:
    """From normalised pictures [batch, 3, 224, 224] to logits [batch, 1000]."""
    torch.manual_seed(24)
    model = torchvision.models.resnet50(weights=None)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    pictures = crops(32)
    with torch.no_grad():
        model.train()(pictures)
        features = nn.Sequential(*list(model.eval().children())[:-1])(pictures).flatten(1)
        model.fc.weight.mul_(2 / features.std(dim=0).mean() / model.fc.weight.std() / features.shape[1] ** 0.5)
        model.fc.bias.copy_(-model.fc.weight @ features.mean(dim=0))
    return model


def crops(count: int) -> Tensor:
    """Squares of the pictures that come with scikit-learn, normalised."""
    from sklearn.datasets import load_sample_images
    pictures = [torch.from_numpy(one).permute(2, 0, 1) for one in load_sample_images().images]
    chosen = []
    for number in range(count):
        side = int(torch.randint(160, 420, ()))
        top, left = int(torch.randint(0, 427 - side, ())), int(torch.randint(0, 640 - side, ()))
        square = pictures[number % 2][:, top:top + side, left:left + side].float()[None] / 255
        chosen.append(nn.functional.interpolate(square, size=(224, 224), mode="bilinear", antialias=True))
    return (torch.cat(chosen) - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


class FromBytes(nn.Module):
    """The same from pictures as they are, uint8 [batch, 224, 224, 3]."""

    def __init__(self) -> None:
        super().__init__()
        self.model = build()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        pixels = image.permute(0, 3, 1, 2).float() * (1 / 255)
        return self.model(((pixels - self.mean) / self.std).to(self.model.fc.weight.dtype)).float()
