"""The command line: flags to Options, errors to exit codes."""

import argparse
import difflib
import os
import pathlib
import re
import signal
import sys
import traceback

from . import image_flags, tensorrt
from .errors import ExportError, UsageError
from .options import Options
from .pooling_table import POOLINGS
from .quiet import say, set_environment
from .tasks import ACTIVATIONS, CLASSIFICATION, EXPORT_TASKS, ExportTask, names_with

FORMATS = ("pt", "pt2")
MAX_BATCH = 4096
NEEDED = ("numpy", "safetensors", "tokenizers", "transformers")  # beside torch, which infer needs itself
EPILOG = """\
exit codes: 0 written; 1 the exported model differs from the original, so nothing was written, or crashes, so that it is
kept as FILE.rejected; 2 wrong usage.

examples:
  %(prog)s --hf path/or/name --task text-classification --out sentiment.pt2
  %(prog)s --hf path/or/name --task embedding --dtype bfloat16 --out encoder.pt2
  %(prog)s --hf path/or/name --task text-classification --head head.npz --labels no,yes --out classifier.pt2
  %(prog)s --hf path/or/name --task likelihood --out language_model.pt2
  %(prog)s --hf path/or/name --task embedding --dtype bfloat16 --quantize int8 --out small.pt2
  %(prog)s --hf path/or/name --task image-classification --out pictures.pt2
  %(prog)s --hf path/or/clip --task image-classification --prompts prompts.txt --out zero_shot.pt2
  %(prog)s --factory my_models:make_scorer --task outputs --input-spec x:float32:[64] --out scorer.pt
"""


class Parser(argparse.ArgumentParser):
    """One line for a wrong flag, in the same form as every other usage error."""

    def error(self, message: str):
        raise UsageError(f"{message}{self._question(message)}; --help lists the flags")

    def _question(self, message: str) -> str:
        """Of a flag or a choice that was mistyped, it seems."""
        flag = re.search(r"unrecognized arguments: (--[\w-]+)", message)
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if flag:
            near = difflib.get_close_matches(flag[1], self._option_string_actions, 1, 0.7)
        else:
            near = difflib.get_close_matches(choice[1], re.findall(r"[\w.-]+", choice[2]), 1, 0.7) if choice else []
        return f"; did you mean {near[0]}?" if near else ""


def _add_source(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--hf", metavar="FOLDER|NAME", help="a Hugging Face model folder, or its name on the hub")
    source.add_argument("--factory", metavar="PKG.MOD:FN", help="a function that returns an nn.Module; the current "
                        "folder is searched too")
    parser.add_argument("--task", required=True, choices=tuple(EXPORT_TASKS))
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="FILE")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")
    parser.add_argument("--format", choices=FORMATS, help="pt: TorchScript, pt2: AOTInductor (default: by --out)")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32",
                        help="of the computation; results are float32 always")
    parser.add_argument("--tensorrt", choices=tensorrt.PRECISIONS, help="a .pt2 of TensorRT's engines, in this dtype, for this "
                        "kind of GPU and this version of TensorRT, by torch_tensorrt where that is installed; infer wants its "
                        "runtime by --preload-lib (not run by us)")
    parser.add_argument("--quantize", choices=("int8",), help="the products of linear layers in 8 bits, the rest in "
                        "--dtype; in a .pt2 for the CPU")
    parser.add_argument("--weights", choices=("inside", "outside"), help="of a .pt2: outside, they stand beside it in a "
                        ".safetensors of its name, which infer maps: the ranks of a host share one copy in memory "
                        "(default: outside above 2 GiB)")
    parser.add_argument("--stages", type=_stages, metavar="K|auto", help="a .pt2 in K parts with like shares of the weights, "
                        "to be run one after another on a GPU each: for a model that is too large for one; auto: as few as "
                        "--stage-bytes allows")
    parser.add_argument("--stage-bytes", type=_bytes, metavar="SIZE", help="with --stages auto: weights of a stage at most, "
                        "as in 70GiB")
    parser.add_argument("--preload-lib", action="append", default=[], metavar="FILE", help="a shared library of operators "
                        "that the model uses, loaded before it; the bundle names it, and infer wants it beside the bundle or "
                        "by its own --preload-lib")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--cudnn-attention", action="store_true", help="in a .pt2 for a GPU: cuDNN's attention too where "
                        "PyTorch prefers it; it takes tens to hundreds of milliseconds for each new shape of a batch, and "
                        "no text of one token (default: never)")
    parser.add_argument("--max-batch", type=int, metavar="N", help=f"records per batch at most (4096; of pictures "
                        f"{image_flags.MAX_BATCH}; with --tensorrt "
                        f"{tensorrt.MAX_BATCH}, as engines take the memory of their largest batch)")


def _stages(text: str) -> int:
    """0 for auto."""
    if text == "auto":
        return 0
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text}: give a number from 2 up, or auto")
    return int(text)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]iB)?", text)
    size = int(float(match[1]) * 2 ** (10 * " KMGT".index((match[2] or " ")[0]))) if match else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text}: give bytes, as in 70GiB or 500MiB")
    return size


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-length", type=int, metavar="N", help="tokens per text (default: what the model says)")
    parser.add_argument("--tokenizer", metavar="PATH|NAME", help="or a tokenizer.json (default: the model's own)")
    parser.add_argument("--truncation-side", choices=("left", "right"), help="where long texts are cut")
    parser.add_argument("--packed", action=argparse.BooleanOptionalAction, help="texts of a batch one after the other, "
                        "without padding (default: in a .pt2, where the model can)")
    parser.add_argument("--head", metavar="FILE.npz", help="text-classification by a sentence encoder, or image-classification by "
                        "a model of vectors: a linear classifier on them, weight [labels, width] and bias [labels]")
    parser.add_argument("--pooling", choices=(*POOLINGS, "pooler"), help="of a sentence encoder; of pictures cls, mean "
                        "or pooler, the model's own")
    parser.add_argument("--normalize", action=argparse.BooleanOptionalAction, help="of a sentence encoder, or of pictures")
    parser.add_argument("--dimensions", type=int, metavar="N", help="of its vectors the first N values; "
                        "with --normalize, then of length 1 again")
    parser.add_argument("--prompt", metavar="TEXT", help="put before each text, '' for none (default: what the model "
                        "says)")
    parser.add_argument("--prompt-name", metavar="NAME", help="the prompt of that name in a sentence-transformers folder, "
                        "put before each text")
    parser.add_argument("--answer-tokens", type=lambda text: tuple(text.split(",")), metavar="NO,YES", help="classification "
                        "by a ...ForCausalLM: which of these tokens comes next; they are the labels, unless --labels names them")
    parser.add_argument("--template", metavar="TEXT", help="with --answer-tokens: what stands around {text}, or around {text} "
                        "and {text_pair}, in place of the special tokens that the tokenizer puts there; never cut")
    parser.add_argument("--labels", type=_labels, metavar="A,B,C|@FILE", help="or a file with one a line")
    parser.add_argument("--activation", choices=ACTIVATIONS)
    parser.add_argument("--threshold", type=float, metavar="P", help="with sigmoid: a label holds from this score up")


def _labels(text: str) -> tuple[str, ...]:
    if not text.startswith("@"):
        return tuple(text.split(","))
    try:
        return tuple(pathlib.Path(text[1:]).read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"cannot read {text[1:]}: {error}") from error


def _add_tensors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input-spec", action="append", default=[], metavar="NAME:DTYPE:SHAPE[:LO..HI]",
                        help="an input of a --factory module, in call order; shape per record: [64], [*]")
    parser.add_argument("--pad", action="append", default=[], metavar="NAME=VALUE", help="fills shorter records")


def parse(arguments: list[str]) -> Options:
    """Throws UsageError. Leaves through SystemExit after --help."""
    parser = Parser(description="Writes a bundle for infer.", epilog=EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    _add_source(parser)
    _add_text(parser)
    _add_tensors(parser)
    image_flags.add_flags(parser)
    values = vars(parser.parse_args(arguments))
    values["task"] = EXPORT_TASKS[values["task"]]
    values["format"] = values["format"] or _format_of(values["out"])
    max_batch = values["max_batch"]
    if max_batch is None:
        values["max_batch"] = tensorrt.MAX_BATCH if values["tensorrt"] else MAX_BATCH
    options = Options(**values | {key: tuple(values[key]) for key in ("preload_lib", "input_spec", "pad")})
    _check(options)
    return tensorrt.settled(options) if options.tensorrt else image_flags.settled(options, max_batch)


def _format_of(out: pathlib.Path) -> str:
    if out.suffix[1:] not in FORMATS:
        raise UsageError(f"--out {out}: the name says no format; end it in .pt or .pt2, or give --format pt|pt2")
    return out.suffix[1:]


def _check(options: Options) -> None:
    _check_values(options)
    if options.hf and (options.input_spec or options.pad):
        raise UsageError("--input-spec and --pad are for --factory: a Hugging Face model's inputs are known")
    if options.cudnn_attention and (options.format != "pt2" or options.device != "cuda"):
        raise UsageError("--cudnn-attention is for a .pt2 with --device cuda: a .pt has its attention chosen when it runs")
    if options.quantize and (options.format != "pt2" or options.device != "cpu"):
        raise UsageError("--quantize is for a .pt2 with --device cpu")
    if options.weights == "outside" and (options.format != "pt2" or options.quantize):
        raise UsageError("--weights outside is for a .pt2, without --quantize")
    if options.stages is not None and options.format != "pt2":
        raise UsageError("--stages is for a .pt2: a .pt stays whole")
    if (options.stages == 0) != (options.stage_bytes is not None):
        raise UsageError("--stages auto and --stage-bytes SIZE need each other")
    if options.tokenizer and options.input_spec:
        raise UsageError("--tokenizer and --input-spec exclude each other: the inputs are tokens, or tensors")
    _check_task(options, options.task)
    image_flags.check(options)


def _check_task(options: Options, task: ExportTask) -> None:
    if options.head and (options.factory or not task.head_on):
        raise UsageError(f"--head is for --hf with --task {names_with('head_on')}; a --factory module has its own")
    if not options.loaded_for.pools and (options.pooling or options.normalize is not None):
        raise UsageError(f"--pooling and --normalize are for --task {names_with('pools')}, or --head, not {task.name}")
    if options.dimensions is not None and (not options.loaded_for.pools or options.factory):
        raise UsageError(f"--dimensions is for --hf with --task {names_with('pools')}, or --head")
    if options.prompt is not None and (not task.takes_prompt or options.input_spec):
        raise UsageError(f"--prompt is for one text, with --task {names_with('takes_prompt')}")
    if options.prompt_name is not None and (options.prompt is not None or not options.loaded_for.pools or options.factory):
        raise UsageError(f"--prompt-name is for --hf with --task {names_with('pools')}, or --head, and without --prompt")
    _check_answers(options, task)
    if not task.bundle.has_classes and (options.labels or options.activation or options.threshold):
        raise UsageError(f"--labels, --activation and --threshold have no use with --task {task.name}")


def _check_answers(options: Options, task: ExportTask) -> None:
    if options.answer_tokens and (options.factory or options.head or task.bundle != CLASSIFICATION):
        raise UsageError("--answer-tokens is for --hf with --task text-classification or text-pair, and without --head")
    if options.answer_tokens and len(set(options.answer_tokens)) < 2:
        raise UsageError(f"--answer-tokens {','.join(options.answer_tokens)}: name two or more")
    if options.template is None:
        return
    if not options.answer_tokens:
        raise UsageError("--template is for --answer-tokens")
    places = "".join("{" + field + "}" for field in task.fields)
    if "".join(re.findall(r"\{text(?:_pair)?\}", options.template)) != places:
        raise UsageError(f"--template must have {' and then '.join('{' + field + '}' for field in task.fields)}, each once")


def _check_values(options: Options) -> None:
    if options.max_batch < 1:
        raise UsageError(f"--max-batch {options.max_batch}: must be 1 or more")
    if options.max_length is not None and options.max_length < 1:
        raise UsageError(f"--max-length {options.max_length}: must be 1 or more")
    if options.dimensions is not None and options.dimensions < 1:
        raise UsageError(f"--dimensions {options.dimensions}: must be 1 or more")
    if options.threshold is not None and not 0 < options.threshold < 1:
        raise UsageError(f"--threshold {options.threshold}: must lie between 0 and 1")
    if not options.out.parent.is_dir():
        raise UsageError(f"--out {options.out}: no such folder {options.out.parent}; make it first")
    if options.out.is_dir():
        raise UsageError(f"--out {options.out}: is a folder; give a file's name")
    if not options.overwrite and os.path.lexists(options.out):
        raise UsageError(f"--out {options.out}: exists; --overwrite replaces it")


def _end_on_signal(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)  # so that the unfinished file is removed


def _unforeseen(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name in NEEDED:
        return f"{sys.executable} has no {error.name}: pip install {' '.join(NEEDED)}"
    if type(error).__name__ == "InvalidCxxCompiler":  # torch's
        return "a .pt2 is compiled, and there is no C++ compiler here: install g++, or give --format pt"
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:240].rstrip(".")
    where = f"{pathlib.Path(place.filename).name}:{place.lineno}"
    return (f"this model cannot be exported: {type(error).__name__}: {said} ({where}); try the other --format, or call "
            "it in a module of your own, and use --factory")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code; None: the flags are those of this process."""
    set_environment()
    signal.signal(signal.SIGTERM, _end_on_signal)
    try:
        options = parse(arguments)
        from .export import export  # torch comes late: --help and wrong flags take no time
        export(options)
        return 0
    except UsageError as error:
        say(str(error))
        return 2
    except (ExportError, OSError) as error:
        say(f"{error}; {options.out} was not written")
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  what a model does in its own way is the exporter's to say
        say(f"{_unforeseen(error)}; {options.out} was not written")
        return 1
