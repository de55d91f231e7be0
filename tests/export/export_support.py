"""What the exporter's tests share: the package's path, tiny models made once, running the program in this process."""

import atexit
import contextlib
import functools
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/support")]

from infer_export import cli, quiet

quiet.set_environment()
import torch

torch.set_num_threads(1)  # tiny models: threads would only wait for each other
_scratch = tempfile.TemporaryDirectory(prefix="infer_export_test.")
atexit.register(_scratch.cleanup)


@functools.cache
def folder(family: str, task: str) -> pathlib.Path:
    """A tiny Hugging Face folder; not to be changed."""
    import make_text_models
    quiet.silence()
    return make_text_models.make_folder(family, task, pathlib.Path(_scratch.name) / f"{family}-{task}")


def stored_in(dtype: torch.dtype, source: pathlib.Path) -> pathlib.Path:
    """The folder, whose weights are from now on stored in that precision."""
    from safetensors.torch import load_file, save_file
    weights = load_file(source / "model.safetensors")
    save_file({name: one.to(dtype) for name, one in weights.items()}, source / "model.safetensors", metadata={"format": "pt"})
    return source


def run(*arguments: object) -> tuple[int, str]:
    """Exit code and stderr of export_model.py."""
    stderr = io.StringIO()
    with contextlib.redirect_stderr(stderr):
        code = cli.main([str(one) for one in arguments])
    return code, stderr.getvalue()


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def signature(path):
    return json.loads(members(path)[f"{pathlib.Path(path).stem}/extra/infer.json"])


def load(path):
    """A package, in this process."""
    from torch._inductor import aoti_load_package
    package = aoti_load_package(str(path))

    def run(*inputs):
        with torch.no_grad():
            return package(*inputs)
    return run


def encode(path, texts, max_length):
    """Texts or pairs as infer does: the bundle's own tokenizer, cut at max_length, padded or packed as the signature says."""
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_str(members(path)[f"{pathlib.Path(path).stem}/extra/tokenizer.json"].decode())
    text = signature(path)["text"]
    tokenizer.enable_truncation(max_length, direction=text["truncation_side"])
    encoded = tokenizer.encode_batch([text.get("prompt", "") + one if isinstance(one, str) else one for one in texts])
    return [_arrange(encoded, source) for source in signature(path)["inputs"]]


def _arrange(encoded, source):
    if source["from"] == "token_count":
        return torch.tensor([len(one.ids) for one in encoded])
    part = {"token_ids": "ids", "token_mask": "attention_mask", "token_types": "type_ids"}[source["from"]]
    rows = [getattr(one, part) for one in encoded]
    if source.get("packed"):
        values = [value for row in rows for value in row]
        return torch.tensor(values + [source["pad"]] * (-len(values) % 16))
    longest = max(map(len, rows))
    return torch.tensor([row + [source["pad"]] * (longest - len(row)) for row in rows])


class ExportTest(unittest.TestCase):
    """Each test gets an empty current folder, self.here."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="infer_export_test.")
        self.addCleanup(scratch.cleanup)
        self.here = pathlib.Path(scratch.name)
        self.addCleanup(os.chdir, pathlib.Path.cwd())
        os.chdir(self.here)

    def assert_written(self, *arguments: object) -> str:
        code, stderr = run(*arguments)
        self.assertEqual(code, 0, stderr)
        return stderr

    def assert_refused(self, expected_code: int, message: str, *arguments: object) -> None:
        """The message is one line, names what is wrong, and nothing stays behind."""
        before = self.files()
        code, stderr = run(*arguments)
        self.assertEqual(code, expected_code, stderr)
        last = stderr.splitlines()[-1]
        self.assertIn(message, last)
        if expected_code == 2:
            self.assertEqual([line for line in stderr.splitlines() if "loading" not in line], [last])
        self.assertEqual(self.files(), before)

    def files(self) -> list[pathlib.Path]:
        """What is in the current folder, without what Python itself leaves there."""
        return [path for path in sorted(self.here.rglob("*")) if "__pycache__" not in str(path)]
