"""The flags of models of pictures, and which of the others they exclude. Without torch, for cli.py."""

import argparse
import dataclasses

from .errors import UsageError
from .options import Options
from .schema_image import BACKENDS
from .tasks import names_with

POOLINGS = ("cls", "mean", "pooler")
MAX_BATCH = 256  # a ResNet-50's largest tensor for 256 pictures has 2e8 values: a GPU's kernels count in 32 bits up to 2e9
OF_TEXT = ("tokenizer", "max_length", "truncation_side", "packed", "prompt", "prompt_name", "answer_tokens", "template",
           "input_spec", "pad")


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image-backend", choices=BACKENDS, help="whose arithmetic prepares pictures (default: what "
                        "transformers takes where torchvision is installed)")
    parser.add_argument("--preprocess", metavar="FILE.json", help="of a --factory module of pictures, which takes float32 "
                        "[batch, 3, height, width]: a bundle's image block, and rescale, mean and std, each optional")
    parser.add_argument("--prompts", metavar="FILE", help="image-classification by a model of pictures and texts (CLIP, "
                        "SigLIP): a prompt a line, or label<TAB>prompt")


def check(options: Options) -> None:
    """Throws UsageError."""
    if options.preprocess and (options.hf or options.input_spec or not (options.task.of_pictures or options.task.takes_tensors)):
        raise UsageError(f"--preprocess is for --factory without --input-spec, with --task {names_with('of_pictures')}, or "
                         f"{names_with('takes_tensors')}")
    if options.task.of_pictures and options.factory and not options.preprocess:
        raise UsageError(f"--task {options.task.name} with --factory needs --preprocess FILE.json: what is done to a picture")
    if options.image_backend and (options.factory or not options.task.of_pictures):
        raise UsageError(f"--image-backend is for --hf with --task {names_with('of_pictures')}")
    if options.prompts and (options.factory or options.head or options.labels or not (options.task.of_pictures and options.task.head_on)):
        raise UsageError("--prompts is for --hf with --task image-classification, without --head and --labels: the prompts name them")
    _check_others(options)


def _check_others(options: Options) -> None:
    if not options.of_pictures:
        if options.pooling == "pooler":
            raise UsageError("--pooling pooler is for pictures")
        return
    given = [name for name in OF_TEXT if getattr(options, name) not in (None, ())]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} has no use for a model of pictures")
    if options.pooling not in (None, *POOLINGS):
        raise UsageError(f"--pooling {options.pooling}: of pictures there are {', '.join(POOLINGS)}")
    if options.factory and (options.pooling or options.normalize is not None):
        raise UsageError("--pooling and --normalize are for --hf: a --factory module of pictures gives its vector itself")


def settled(options: Options, max_batch: int | None) -> Options:
    """`max_batch`: what the user gave."""
    return dataclasses.replace(options, max_batch=MAX_BATCH) if options.of_pictures and max_batch is None else options
