"""Random sentence-transformers folders, exported and compared row by row with sentence-transformers' own encode().

    folders.py INFER [--count 12] [--first 0] [--format pt] [--keep DIR]

Folder k is made from the seed k: a tiny random transformer or a StaticEmbedding, pooling of any mode or several,
Dense with and without residual, LayerNorm, Dropout, Normalize, and settings in the files: lengths under old and new
names, sides of truncation, lower case, dimensions, prompts. Each must come out with equal values, or be refused with a
reason; a folder that sentence-transformers itself cannot load or run does not count. Before that, the vectors of each
token of a folder (--task outputs) are compared with those of transformers.
"""

import argparse
import collections
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent / "support"), str(HERE.parent / "cli")]

import cli_support
import export_support
import make_text_models
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules as parts
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

logging.disable_progress_bar()

FAMILIES = ("bert", "minilm", "distilbert", "roberta", "xlm-roberta", "deberta-v2", "modernbert", "mpnet", "xlnet", "static")
TEXTS = ["a", "A quiet, moving film.", "Don't (ever) STOP! Ünïcödé, ça va? 1,234.56 €", "word " * 60,
         "First part, Then Another; " * 9 + "the end", "日本語のテキスト 🙂", "x" * 90]
TOLERANCE = 2e-5
OLD_NAMES = ("sentence_roberta_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json")
ACTIVATIONS = (torch.nn.Tanh(), torch.nn.Identity(), torch.nn.GELU(), torch.nn.ReLU(), torch.nn.Mish(), None)


class Maker:
    """Makes one folder; `made` says of what."""

    def __init__(self, seed: int, scratch: pathlib.Path):
        self.random = random.Random(seed)
        self.scratch, self.folder = scratch, scratch / f"folder{seed}"
        self.made: list[str] = []
        torch.manual_seed(seed)

    def make(self) -> pathlib.Path:
        family = self.random.choice(FAMILIES)
        self.made.append(family)
        modules = self.static_modules() if family == "static" else self.transformer_modules(family)
        SentenceTransformer(modules=modules + self.layers(modules[-1].get_embedding_dimension()), device="cpu").save(
            str(self.folder), create_model_card=False)
        self.change_settings(family)
        return self.folder

    def static_modules(self):
        tokenizer = make_text_models.backend(self.random.choice(("wordpiece", "byte_level_bpe", "unigram")))
        tokenizer.enable_truncation(self.random.choice((20, 60)), direction=self.random.choice(("left", "right")))
        return [parts.StaticEmbedding(tokenizer, embedding_dim=32)]

    def transformer_modules(self, family: str):
        source = self.scratch / f"source-{family}"
        if not source.exists():
            make_text_models.make_folder(family, "embedding", source)
        transformer = parts.Transformer(str(source))
        modes = self.random.choice([*parts.Pooling.POOLING_MODES,
                                    tuple(self.random.sample(parts.Pooling.POOLING_MODES, self.random.randint(2, 3)))])
        self.made.append(str(modes))
        return [transformer, parts.Pooling(transformer.get_embedding_dimension(), modes,
                                           include_prompt=self.random.random() < 0.7)]

    def layers(self, width: int):
        """None to three modules that work on the vector."""
        result = []
        for name in self.random.choices(("Dense", "LayerNorm", "Dropout", "Normalize"), k=self.random.randint(0, 3)):
            self.made.append(name)
            if name == "Dense":
                out = self.random.choice((width, 24))
                result.append(parts.Dense(width, out, bias=self.random.random() < 0.7,
                                          activation_function=self.random.choice(ACTIVATIONS),
                                          use_residual=self.random.random() < 0.5))
                width = out
            elif name == "LayerNorm":
                result.append(parts.LayerNorm(width))
                torch.nn.init.normal_(result[-1].norm.weight)
            else:
                result.append(parts.Dropout() if name == "Dropout" else parts.Normalize())
        return result

    def edit(self, name: str, **values):
        """Changes a JSON file of the folder, and says so."""
        path = self.folder / name
        path.write_text(json.dumps((json.loads(path.read_text()) if path.exists() else {}) | values))
        self.made.append(f"{name}: {values}")

    def maybe(self, chance: float = 0.4) -> bool:
        return self.random.random() < chance

    def change_settings(self, family: str) -> None:
        if self.maybe():
            self.edit("config_sentence_transformers.json", truncate_dim=self.random.choice((8, 20, 500)))
        if self.maybe():
            prompts = {"query": "query: ", "document": "", "passage": "Passage, as it is: "}
            self.edit("config_sentence_transformers.json", prompts=prompts,
                      default_prompt_name=self.random.choice((*prompts, None)))
        if self.maybe(0.1):
            self.edit("config_sentence_transformers.json", pooled_by="nobody")
        if family != "static":
            self.change_transformer()
        self.use_older_forms(family)

    def change_transformer(self) -> None:
        name = "sentence_bert_config.json"
        if self.maybe(0.6):
            self.edit(name, max_seq_length=self.random.choice((8, 16, 40)))
        if self.maybe(0.3):
            self.edit(name, do_lower_case=True)
        if self.maybe():
            arguments = {"truncation_side": self.random.choice(("left", "right"))}
            arguments |= self.random.choice(({}, {"model_max_length": 12}, {"padding_side": "left"}, {"use_fast": True}))
            self.edit(name, **{self.random.choice(("tokenizer_args", "processor_kwargs")): arguments})
        if self.maybe(0.1):
            self.edit(name, **self.random.choice(({"processing_kwargs": {"text": {"max_length": 10}}},
                                                  {"processing_kwargs": {"text": {"add_special_tokens": False}}},
                                                  {"model_args": {"attn_implementation": "eager"}},
                                                  {"tokenizer_args": {"cls_token": "a"}}, {"query_length": 5})))
        if self.maybe(0.2):
            (self.folder / name).rename(self.folder / self.random.choice(OLD_NAMES))
            self.made.append("an older name")

    def use_older_forms(self, family: str) -> None:
        """Of modules' names and of the pooling's settings."""
        if not self.maybe(0.3):
            return
        self.made.append("older forms")
        path = self.folder / "modules.json"
        modules = json.loads(path.read_text())
        for module in modules:
            module["type"] = "sentence_transformers.models." + module["type"].rsplit(".", 1)[-1]
        path.write_text(json.dumps(modules))
        if family == "static":
            return
        pooling = self.folder / "1_Pooling/config.json"
        config = json.loads(pooling.read_text())
        modes = config.pop("pooling_mode")
        modes = (modes,) if isinstance(modes, str) else modes
        config["word_embedding_dimension"] = config.pop("embedding_dimension")
        names = {"cls": "cls_token", "max": "max_tokens", "mean": "mean_tokens", "weightedmean": "weightedmean_tokens",
                 "mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "lasttoken": "lasttoken"}
        pooling.write_text(json.dumps(config | {f"pooling_mode_{name}": mode in modes for mode, name in names.items()}))


def truth(folder: pathlib.Path) -> torch.Tensor | None:
    """One vector per text, each by itself; None when sentence-transformers cannot."""
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return torch.stack([model.encode([text], convert_to_tensor=True, show_progress_bar=False)[0] for text in TEXTS])
    except Exception as error:  # noqa: BLE001  whatever it is
        print(f"  sentence-transformers: {type(error).__name__}: {str(error)[:150]}", flush=True)
        return None


def score(program: cli_support.Program, bundle: pathlib.Path, records: pathlib.Path) -> list[dict]:
    """infer's rows, of two ranks."""
    out = bundle.with_suffix(".jsonl")
    done = cli_support.run(program.command(2, "-q", "--model", bundle, "--input", records, "--output", out, "--threads", "1"))
    cli_support.check(done.code == 0, str(done))
    return [json.loads(line) for line in out.read_text().splitlines()]


def check_tokens(args: argparse.Namespace, scratch: pathlib.Path) -> None:
    """A text has one vector for each of its own tokens, whatever its batch was padded to."""
    source, bundle = make_text_models.make_folder("bert", "embedding", scratch / "tokens"), scratch / f"tokens.{args.format}"
    code, log = export_support.run("--hf", source, "--task", "outputs", "--out", bundle)
    cli_support.check(code == 0, log)
    model, tokenizer = AutoModel.from_pretrained(source).eval(), AutoTokenizer.from_pretrained(source)
    rows = score(cli_support.Program(args.infer, scratch), bundle, scratch / "records.jsonl")
    for text, row in zip(TEXTS, rows, strict=True):
        with torch.no_grad():
            expected = model(**tokenizer(text, truncation=True, return_tensors="pt")).last_hidden_state[0]
        torch.testing.assert_close(torch.tensor(row["outputs"]["last_hidden_state"]), expected, rtol=TOLERANCE, atol=TOLERANCE)


def try_folder(args: argparse.Namespace, seed: int, scratch: pathlib.Path) -> str:
    """equal, refused, or not loaded. Fails where values differ silently."""
    maker = Maker(seed, scratch)
    folder = maker.make()
    print(f"{seed}: {', '.join(maker.made)}", flush=True)
    expected = truth(folder)
    if expected is None:
        return "not loaded"
    bundle = scratch / f"bundle{seed}.{args.format}"
    code, log = export_support.run("--hf", folder, "--task", "embedding", "--out", bundle, "--max-batch", 16)
    if code != 0:
        cli_support.check("Traceback" not in log and code in (1, 2), log)
        print(f"  {log.splitlines()[-1]}", flush=True)
        return "refused"
    rows = score(cli_support.Program(args.infer, scratch), bundle, scratch / "records.jsonl")
    ours = torch.tensor([row["embedding"] for row in rows])
    cli_support.check(ours.shape == expected.shape, f"{seed}: shape {ours.shape} instead of {expected.shape}")
    apart = float(((ours - expected).abs().amax(dim=1) / expected.abs().amax(dim=1).clamp(min=1)).max())
    cli_support.check(apart <= TOLERANCE, f"{seed}: off by {apart:.2g}: {maker.made}")
    return "equal"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--format", default="pt")
    args = parser.parse_args()
    torch.set_num_threads(1)
    counts: collections.Counter[str] = collections.Counter()
    with cli_support.scratch() as scratch:
        (scratch / "records.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
        check_tokens(args, scratch)
        for seed in range(args.first, args.first + args.count):
            counts[try_folder(args, seed, scratch)] += 1
    print(dict(counts))
    cli_support.check(counts["equal"] >= args.count // 2, "too few folders came out equal to say anything")
    return 0


if __name__ == "__main__":
    sys.exit(main())
