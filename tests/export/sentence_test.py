"""Each setting of a sentence-transformers folder against encode() of sentence-transformers itself, text by text."""

import json
import shutil
import unittest

import safetensors.torch
import torch
from export_support import ExportTest, encode, folder, signature
from infer_export import folder_keys
from make_text_models import add_sentence_modules, backend
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer import modules

TEXTS = ["A quiet, moving film.", "a", "First Part, then another; " * 12 + "the END"]
DEFAULT = {"prompts": {"query": "query: Which of these? "}, "default_prompt_name": "query"}


class SentenceTest(ExportTest):
    def copy(self, family="minilm", names=("mean", "Normalize")):
        """A folder of one's own in self.copied, with these modules after the transformer."""
        self.copied = self.here / family
        shutil.copytree(folder(family, "embedding"), self.copied)
        add_sentence_modules(self.copied, names)

    def write(self, name, **values):
        path = self.copied / name
        path.write_text(json.dumps((json.loads(path.read_text()) if path.exists() else {}) | values))

    def assert_equal(self, *options):
        """The exported vectors are those of sentence-transformers, which are returned."""
        self.assert_written("--hf", self.copied, "--task", "embedding", "--out", "x.pt", "--overwrite", *options)
        original = SentenceTransformer(str(self.copied), device="cpu", local_files_only=True)
        expected = torch.stack([original.encode([text], convert_to_tensor=True, show_progress_bar=False)[0] for text in TEXTS])
        with torch.no_grad():
            ours = torch.jit.load("x.pt")(*encode("x.pt", TEXTS, signature("x.pt")["text"]["max_length"]))
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)
        return expected

    def assert_changes(self, name, **values):
        """The setting is followed, and it is one that changes values: the texts are long, and upper case."""
        before = self.assert_equal()
        self.write(name, **values)
        after = self.assert_equal()
        self.assertFalse(before.shape == after.shape and torch.allclose(before, after, atol=1e-3), values)

    def test_dimensions_are_the_first_and_not_of_length_1_again(self):
        self.copy()
        whole = self.assert_equal()
        self.write("config_sentence_transformers.json", truncate_dim=8)
        torch.testing.assert_close(self.assert_equal(), whole[:, :8])
        self.assertEqual((signature("x.pt")["origin"]["dimensions"], signature("x.pt")["origin"]["normalize"]), (8, False))
        self.write("config_sentence_transformers.json", truncate_dim=500)
        self.assertEqual(self.assert_equal().shape[1], 32)

    def test_dimensions_by_flag(self):
        self.copy()
        whole = self.assert_equal()[0]
        for flags, expected in ((["--dimensions", 8], whole[:8]), (["--dimensions", 8, "--normalize"],
                                                                  whole[:8] / whole[:8].norm())):
            self.assert_written("--hf", self.copied, "--task", "embedding", "--out", "x.pt", "--overwrite", *flags)
            torch.testing.assert_close(torch.jit.load("x.pt")(*encode("x.pt", TEXTS[:1], 64))[0], expected)

    def test_a_residual(self):
        self.copy("minilm", ("mean", "Dense"))
        weights = safetensors.torch.load_file(self.copied / "2_Dense/model.safetensors")
        weights["residual.weight"] = torch.randn(24, 32)
        safetensors.torch.save_file(weights, self.copied / "2_Dense/model.safetensors")
        self.write("2_Dense/config.json", use_residual=True)
        self.assert_equal()
        safetensors.torch.save_file({"linear.weight": torch.eye(32)}, self.copied / "2_Dense/model.safetensors")
        self.write("2_Dense/config.json", out_features=32, bias=False, use_residual=False,
                   activation_function="torch.nn.modules.linear.Identity")
        once = self.assert_equal()
        self.write("2_Dense/config.json", use_residual=True)
        torch.testing.assert_close(self.assert_equal(), 2 * once)

    def test_arguments_of_the_tokenizer(self):
        for name in ("tokenizer_args", "processor_kwargs"):
            self.copy()
            self.write("sentence_bert_config.json", max_seq_length=8)
            self.assert_changes("sentence_bert_config.json", **{name: {"truncation_side": "left"}})
            self.assertEqual(signature("x.pt")["text"]["truncation_side"], "left")
            self.assert_changes("sentence_bert_config.json", **{name: {"model_max_length": 20}})
            shutil.rmtree(self.copied)

    def test_lengths_and_lower_case(self):
        self.copy("roberta", ("mean",))
        self.assert_changes("sentence_bert_config.json", max_seq_length=8)
        self.assert_changes("sentence_bert_config.json", do_lower_case=True)
        self.assert_changes("sentence_bert_config.json", processing_kwargs={"text": {"max_length": 12}})
        (self.copied / "sentence_bert_config.json").rename(self.copied / "sentence_xlm-roberta_config.json")
        self.assert_equal()
        self.assertEqual(signature("x.pt")["text"]["max_length"], 12)

    def test_a_length_beyond_the_configurations_where_there_is_no_table(self):
        self.copy("deberta-v2", ("cls",))
        self.write("sentence_bert_config.json", max_seq_length=200)
        self.assert_equal()
        self.assertEqual(signature("x.pt")["text"]["max_length"], 200)

    def test_the_default_prompt(self):
        self.copy()
        self.assert_changes("config_sentence_transformers.json", **DEFAULT)
        self.assertEqual(signature("x.pt")["text"]["prompt"], "query: Which of these? ")
        self.assert_changes("1_Pooling/config.json", include_prompt=False)
        for flag, expected in (("", None), ("mine: ", "mine: ")):
            self.assert_written("--hf", self.copied, "--task", "embedding", "--out", "x.pt", "--overwrite", "--prompt", flag)
            self.assertEqual(signature("x.pt")["text"].get("prompt"), expected)

    def test_a_prompt_by_its_name(self):
        self.copy()
        self.assert_changes("config_sentence_transformers.json", **DEFAULT)
        flags = ["--hf", self.copied, "--task", "embedding", "--out", "x.pt", "--overwrite", "--prompt-name"]
        for name, text in DEFAULT["prompts"].items():
            self.assert_written(*flags, name)
            self.assertEqual(signature("x.pt")["text"].get("prompt", ""), text)
        self.assert_refused(2, f"has the prompts {', '.join({'query': '', 'document': ''} | DEFAULT['prompts'])}: choose one of them",
                            *flags, "other")
        self.assert_refused(2, "and without --prompt", *flags, "query", "--prompt", "mine")
        (self.copied / "modules.json").unlink()
        self.assert_refused(2, "has no prompts", *flags, "query")

    def test_poolings(self):
        self.copy("distilbert", ("mean",))
        for mode in (*modules.Pooling.POOLING_MODES, ["lasttoken", "mean", "max"]):
            self.write("1_Pooling/config.json", pooling_mode=mode)
            self.assert_equal()
        (self.copied / "1_Pooling/config.json").write_text(json.dumps(
            {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}))
        self.assert_equal()
        self.assertEqual(signature("x.pt")["origin"]["pooling"], "cls+mean")

    def test_modules_in_any_order(self):
        source = SentenceTransformer(str(folder("bert", "embedding")), device="cpu")
        norm = modules.LayerNorm(32)
        torch.nn.init.normal_(norm.norm.weight)
        self.copied = self.here / "several"
        SentenceTransformer(modules=[*source, modules.Normalize(), norm, modules.Dropout(), modules.Dense(32, 5)],
                            device="cpu").save(str(self.copied), create_model_card=False)
        self.assert_equal()

    def test_a_static_embedding(self):
        self.copied = self.here / "static"
        tokenizer = backend("wordpiece")
        tokenizer.enable_truncation(30)
        SentenceTransformer(modules=[modules.StaticEmbedding(tokenizer, embedding_dim=16), modules.Normalize()],
                            device="cpu").save(str(self.copied), create_model_card=False)
        self.assert_equal()

    def test_types_of_a_model_that_does_not_say_how_many_it_knows(self):
        """XLNet's last token has the type 2."""
        self.copy("xlnet", ("mean",))
        self.assert_equal()
        self.assertEqual([one["from"] for one in signature("x.pt")["inputs"]], ["token_ids", "token_mask", "token_types"])

    def test_a_cross_encoder(self):
        """Its activation lies in a file of its own."""
        original = CrossEncoder(str(folder("bert", "text-pair")), device="cpu", activation_fn=torch.nn.Identity())
        original.save(str(self.here / "cross"))
        self.assert_written("--hf", self.here / "cross", "--task", "text-pair", "--out", "x.pt")
        self.assertEqual(signature("x.pt")["classes"]["activation"], "none")
        pairs = [("A quiet film", "moving"), ("one", "two " * 40)]
        ours = [torch.jit.load("x.pt")(*encode("x.pt", [pair], 128))[0] for pair in pairs]
        expected = original.predict(pairs, convert_to_tensor=True, show_progress_bar=False)
        torch.testing.assert_close(torch.cat(ours), expected, rtol=1e-5, atol=1e-5)

    def test_the_table_is_that_of_the_list(self):
        from pathlib import Path
        path = Path(folder_keys.__file__).with_name("FOLDERS.md")
        self.assertEqual(path.read_text(), folder_keys.table(), "run python -m infer_export.folder_keys in scripts/")

    def test_the_list_has_every_key_that_sentence_transformers_writes(self):
        for module in (modules.Pooling, modules.Dense, modules.LayerNorm, modules.Dropout, modules.Normalize):
            self.assertLessEqual({*module.config_keys, *module.config_key_renames}, set(folder_keys.KEYS[module.__name__]))
        self.assertLessEqual(set(modules.Transformer.config_keys), set(folder_keys.KEYS["sentence_bert_config.json"]))


if __name__ == "__main__":
    unittest.main()
