"""What is refused, with which words; and that nothing is left behind."""

import json
import shutil
import types
import unittest
from unittest import mock

from export_support import ExportTest, folder
from infer_export import cli, tokens
from infer_export.errors import UsageError

class FlagTest(ExportTest):
    def refused(self, message, *arguments):
        self.assert_refused(2, message, *arguments)

    def test_flags(self):
        ok = ["--hf", "x", "--task", "embedding", "--out", "x.pt"]
        for message, arguments in (
                ("--help lists the flags", ["--task", "embedding", "--out", "x.pt"]),
                ("invalid choice: 'summaries'", ["--hf", "x", "--task", "summaries", "--out", "x.pt"]),
                ("end it in .pt or .pt2", ["--hf", "x", "--task", "embedding", "--out", "x.onnx"]),
                ("no such folder nowhere", [*ok[:4], "--out", "nowhere/x.pt"]),
                ("must be 1 or more", [*ok, "--max-batch", "0"]),
                ("--dimensions 0: must be 1 or more", [*ok, "--dimensions", "0"]),
                ("--dimensions is for --hf with --task embedding",
                 ["--hf", "x", "--task", "text-pair", "--out", "x.pt", "--dimensions", "3"]),
                ("--cudnn-attention is for a .pt2 with --device cuda", [*ok, "--cudnn-attention"]),
                ("--cudnn-attention is for a .pt2 with --device cuda",
                 ["--hf", "x", "--task", "embedding", "--out", "x.pt2", "--cudnn-attention"]),
                ("--prompt is for one text", ["--hf", "x", "--task", "text-pair", "--out", "x.pt", "--prompt", "q: "]),
                ("must be 1 or more", [*ok, "--max-length", "0"]),
                ("have no use with --task embedding", [*ok, "--labels", "a"]),
                ("must lie between 0 and 1", [*ok, "--threshold", "2"]),
                ("are for --factory", [*ok, "--pad", "x=0"]),
                ("are for --task embedding", ["--hf", "x", "--task", "text-pair", "--out", "x.pt", "--pooling", "cls"]),
                ("unrecognized arguments: --maxlength; did you mean --max-length?", [*ok, "--maxlength"]),
                ("unrecognized arguments: --zzz; --help", [*ok, "--zzz"]),
                ("did you mean text-classification?", ["--hf", "x", "--task", "text-clasification", "--out", "x.pt"])):
            self.refused(message, *arguments)

    def test_a_folder_is_no_output(self):
        (self.here / "x.pt").mkdir()
        self.refused("is a folder", "--hf", "x", "--task", "embedding", "--out", "x.pt")

    def test_a_file_that_exists_is_kept(self):
        for name in ("x.pt", "dangling.pt"):
            (self.here / "dangling.pt").unlink(missing_ok=True)
            (self.here / "dangling.pt").symlink_to("nowhere")
            (self.here / "x.pt").write_text("mine")
            self.refused(f"--out {name}: exists; --overwrite replaces it", "--hf", "x", "--task", "embedding", "--out", name)
        self.assertEqual((self.here / "x.pt").read_text(), "mine")
        self.assert_written("--hf", folder("minilm", "embedding"), "--task", "embedding", "--out", "x.pt", "--overwrite")
        self.assertGreater((self.here / "x.pt").stat().st_size, 1000)

    def test_what_this_machine_lacks(self):
        from torch._inductor.exc import InvalidCxxCompiler
        for message, lacks in (("has no transformers: pip install numpy safetensors ", ModuleNotFoundError(name="transformers")),
                               ("there is no C++ compiler here: install g++, or give --format pt; x.pt2 was not", InvalidCxxCompiler())):
            with mock.patch("infer_export.export.export", side_effect=lacks):
                self.assert_refused(1, message, "--hf", "x", "--task", "embedding", "--out", "x.pt2")

    def test_help_needs_no_torch(self):
        with mock.patch("sys.stdout"), self.assertRaises(SystemExit) as caught:
            cli.main(["--help"])
        self.assertEqual(caught.exception.code, 0)

    def test_no_cuda_here(self):
        import torch
        if torch.cuda.is_available():
            self.skipTest("there is a CUDA device")
        self.refused("no CUDA device", "--hf", "x", "--task", "embedding", "--out", "x.pt", "--device", "cuda")


class FolderTest(ExportTest):
    def refused(self, message, source, task, *options):
        self.assert_refused(2, message, "--hf", source, "--task", task, "--out", "x.pt", *options)

    def changed(self, family, task, name, **values):
        """A copy of a folder with values of one of its JSON files changed."""
        copy = self.here / f"{family}-copy"
        shutil.copytree(folder(family, task), copy)
        path = copy / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))
        return copy

    def test_no_folder(self):
        (self.here / "file").write_text("")
        (self.here / "empty").mkdir()
        self.refused("./missing: no such folder", "./missing", "embedding")
        self.refused("is a file; give the folder", "file", "embedding")
        self.refused("give a folder that save_pretrained wrote", "empty", "embedding")

    def test_a_head_that_was_never_trained(self):
        self.refused("no head for text-classification: fine-tune it first", folder("bert", "embedding"),
                     "text-classification")
        self.refused("use --task token-classification", folder("bert", "token-classification"), "text-pair")
        self.refused("use --task text-classification", folder("bert", "text-classification"), "token-classification")

    def test_missing_weights(self):
        """A folder that does not say what it is, so that only its weights tell."""
        unnamed = self.changed("bert", "embedding", "config.json", architectures=None)
        self.refused("no weights for classifier.bias, classifier.weight", unnamed, "text-classification")

    def test_the_models_own_pooler_is_not_missed(self):
        import safetensors.torch
        copy = self.changed("bert", "embedding", "config.json")
        weights = safetensors.torch.load_file(copy / "model.safetensors")
        kept = {name: value for name, value in weights.items() if "pooler" not in name}
        self.assertLess(len(kept), len(weights))
        safetensors.torch.save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})
        self.assert_written("--hf", copy, "--task", "embedding", "--out", "x.pt")

    def test_lengths(self):
        source = folder("roberta", "text-classification")
        self.refused("positions for 128 tokens", source, "text-classification", "--max-length", 129)
        self.refused("no room for text: 2 tokens", source, "text-classification", "--max-length", 2)
        self.refused("no room for text: 4 tokens", source, "text-pair", "--max-length", 4)

    def test_sentence_modules_it_does_not_know(self):
        import make_text_models
        copy = self.changed("minilm", "embedding", "config.json")
        for names, message in ((("mean", "CNN"), "the module sentence_transformers.models.CNN"),
                               (("mean", "Pooling"), "the module sentence_transformers.models.Pooling where it has")):
            make_text_models.add_sentence_modules(copy, names)
            self.refused(message, copy, "embedding")

    def test_settings_of_sentence_modules_it_does_not_know(self):
        import make_text_models
        copy = self.changed("minilm", "embedding", "config.json")
        make_text_models.add_sentence_modules(copy, ("mean", "Dense"))
        for name, values, message in (
                ("2_Dense/config.json", {"activation_function": "a.Mish"}, "the activation a.Mish"),
                ("2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.Softmax"}, "Softmax"),
                ("2_Dense/config.json", {"use_residual": True}, "the weights of 2_Dense do not fit"),
                ("2_Dense/config.json", {"in_features": 30}, "the weights of 2_Dense do not fit"),
                ("2_Dense/config.json", {"module_input_name": "token_embeddings"}, "module_input_name is 'token_emb"),
                ("2_Dense/config.json", {"quantize": 8}, "has the key quantize = 8, which this exporter does not know"),
                ("1_Pooling/config.json", {"pooling_mode": "first"}, "the pooling is first"),
                ("1_Pooling/config.json", {"pooling_mode_first": True}, "has the key pooling_mode_first"),
                ("sentence_bert_config.json", {"max_len": 7}, "has the key max_len = 7"),
                ("sentence_bert_config.json", {"tokenizer_args": {"cls_token": "a"}}, "processor_kwargs: has the key cls_t"),
                ("sentence_bert_config.json", {"processing_kwargs": {"text": {"add_special_tokens": False}}}, "add_special"),
                ("sentence_bert_config.json", {"modality_config": {"message": {}}}, "modality_config has a message"),
                ("sentence_bert_config.json", {"transformer_task": "fill-mask"}, "transformer_task is 'fill-mask'")):
            before = (copy / name).read_text()
            (copy / name).write_text(json.dumps(json.loads(before) | values))
            self.refused(message, copy, "embedding")
            (copy / name).write_text(before)

    def test_settings_of_the_whole_that_it_does_not_know(self):
        copy = self.changed("minilm", "embedding", "config.json")
        for values, message in (({"truncate_dim": 0}, "truncate_dim is 0, and must be a whole number from 1 up"),
                                ({"default_prompt_name": "q"}, "default_prompt_name is 'q', which is none of its prompts"),
                                ({"model_type": "SparseEncoder"}, "model_type is 'SparseEncoder'"),
                                ({"pooled_by": "me"}, "has the key pooled_by = 'me'")):
            (copy / "config_sentence_transformers.json").write_text(json.dumps(values))
            self.refused(message, copy, "embedding")
        (copy / "config_sentence_transformers.json").write_text("{}")
        self.refused("the vectors have 32 values; give at most 32", copy, "embedding", "--dimensions", 33)

    def test_settings_of_a_cross_encoder(self):
        copy = self.changed("bert", "text-pair", "config.json")
        (copy / "modules.json").write_text(json.dumps([{"path": "", "type": "sentence_transformers.models.Transformer"}]))
        (copy / "config_sentence_transformers.json").write_text(json.dumps(
            {"model_type": "CrossEncoder", "prompts": {"q": "x"}, "default_prompt_name": "q"}))
        self.refused("default_prompt_name is 'q', which this exporter does not follow", copy, "text-pair")

    def test_a_chat_template_that_sentence_transformers_would_apply(self):
        copy = self.changed("bert", "embedding", "tokenizer_config.json", chat_template="{{ messages }}")
        self.refused("has a chat template", copy, "embedding")

    def test_tokenizers(self):
        source = folder("bert", "text-classification")
        self.refused("tokenizer's ids go up to 7999, but the model has 6000", folder("roberta", "text-classification"),
                     "text-classification", "--tokenizer", source)
        self.refused("no such folder", source, "text-classification", "--tokenizer", "./nowhere")
        slow = types.SimpleNamespace(is_fast=False)
        with mock.patch("transformers.AutoTokenizer.from_pretrained", return_value=slow):
            self.refused("has a slow tokenizer only", source, "text-classification")

    def test_a_tokenizer_that_does_more_than_its_file_says(self):
        tokenizer = tokens.load_tokenizer(str(folder("bert", "embedding")))
        document = json.loads(tokens.tokenizer_json(tokenizer))
        self.assertEqual(tokens.check_same_tokens(tokenizer, json.dumps(document), 64, "right", pair=True), 1)
        document["normalizer"]["lowercase"] = False
        with self.assertRaisesRegex(UsageError, "gives other tokens"):
            tokens.check_same_tokens(tokenizer, json.dumps(document), 64, "right", pair=False)


if __name__ == "__main__":
    unittest.main()
