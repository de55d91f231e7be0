"""Whole exports: what is in the file, and that every reader finds it."""

import json
import unittest
import zipfile

import torch
from export_support import ExportTest, encode, folder, load, members, signature
from infer_export import schema

TEXTS = ["a first text", "", "Another, LONGER text with more words in it; naïve façade 12345 " * 9]


class TorchScriptTest(ExportTest):
    def export(self, family, task, *options):
        self.log = self.assert_written("--hf", folder(family, task), "--out", "model.pt", "--overwrite", *options)
        self.signature = signature("model.pt")
        schema.validate(self.signature)
        return torch.jit.load("model.pt")

    def test_a_classifier(self):
        model = self.export("bert", "text-classification", "--task", "text-classification", "--max-batch", 64)
        self.assertEqual([one["from"] for one in self.signature["inputs"]], ["token_ids", "token_mask", "token_types"])
        self.assertEqual(self.signature["inputs"][0]["range"], [0, 7999])
        self.assertEqual(self.signature["inputs"][2]["range"], [0, 1])
        self.assertEqual(self.signature["classes"], {"labels": ["negative", "neutral", "positive"],
                                                     "activation": "softmax"})
        self.assertEqual((self.signature["max_batch"], self.signature["text"]["max_length"]), (64, 128))
        self.assert_like_transformers(model)

    def assert_like_transformers(self, model):
        import transformers
        original = folder("bert", "text-classification")
        eager = transformers.AutoModelForSequenceClassification.from_pretrained(original).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(original)
        with torch.no_grad():
            expected = eager(**tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")).logits
            torch.testing.assert_close(model(*encode("model.pt", TEXTS, 128)), expected, rtol=0, atol=1e-5)

    def test_its_extra_files_are_those_of_torch(self):
        self.export("bert", "text-classification", "--task", "text-classification")
        extra = {"infer.json": "", "tokenizer.json": ""}
        torch.jit.load("model.pt", _extra_files=extra)
        self.assertEqual(json.loads(extra["infer.json"]), self.signature)
        self.assertEqual({name for name in members("model.pt") if "/extra/" in name},
                         {"model/extra/infer.json", "model/extra/tokenizer.json"})

    def test_padding_and_truncation_leave_the_tokenizer(self):
        """The trap of all-MiniLM-L6-v2: tokenizer.json cuts shorter than sentence_bert_config.json says."""
        self.export("minilm", "embedding", "--task", "embedding")
        self.assertEqual(self.signature["text"]["max_length"], 64)
        written = json.loads(members("model.pt")["model/extra/tokenizer.json"])
        self.assertEqual((written["truncation"], written["padding"]), (None, None))
        self.assertEqual(encode("model.pt", TEXTS, 64)[0].shape[1], 64)

    def test_an_embedding_does_what_the_sentence_modules_say(self):
        model = self.export("distilbert", "embedding", "--task", "embedding")
        self.assertEqual(self.signature["outputs"], [{"name": "embedding", "shape": [24]}])
        self.assertEqual([one["name"] for one in self.signature["inputs"]], ["input_ids", "attention_mask"])
        self.assertEqual(self.signature["origin"]["pooling"], "mean")
        torch.testing.assert_close(model(*encode("model.pt", TEXTS, 64)), self.sentence_vectors(), rtol=0, atol=1e-5)

    def sentence_vectors(self):
        import safetensors.torch
        import transformers
        original = folder("distilbert", "embedding")
        dense = safetensors.torch.load_file(original / "2_Dense/model.safetensors")
        eager = transformers.AutoModel.from_pretrained(original).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(original)
        with torch.no_grad():
            means = [eager(**tokenizer(text, truncation=True, max_length=64, return_tensors="pt")).last_hidden_state[0]
                     .mean(dim=0) for text in TEXTS]
            return torch.tanh(torch.stack(means) @ dense["linear.weight"].T + dense["linear.bias"])

    def test_flags_win_over_the_sentence_modules(self):
        self.export("minilm", "embedding", "--task", "embedding", "--pooling", "max", "--no-normalize", "--max-length",
                    32, "--truncation-side", "left")
        origin = self.signature["origin"]
        self.assertEqual((origin["pooling"], origin["normalize"]), ("max", False))
        self.assertEqual(self.signature["text"], {"fields": ["text"], "max_length": 32, "truncation_side": "left"})

    def test_roberta_has_two_positions_less_and_no_types(self):
        self.export("roberta", "text-pair", "--task", "text-pair")
        self.assertEqual(self.signature["text"], {"fields": ["text", "text_pair"], "max_length": 128,
                                                  "truncation_side": "right"})
        self.assertEqual(len(self.signature["inputs"]), 2)
        self.assertEqual(self.signature["inputs"][0]["pad"], 1)
        self.assertEqual(self.signature["classes"], {"labels": ["relevance"], "activation": "sigmoid"})

    def test_entities(self):
        self.export("modernbert", "token-classification", "--task", "token-classification")
        self.assertEqual(self.signature["task"], "entities")
        self.assertEqual(self.signature["outputs"], [{"name": "logits", "shape": ["*", 5]}])

    def test_several_labels(self):
        self.export("distilbert", "multi-label", "--task", "text-classification", "--threshold", 0.4)
        self.assertEqual(self.signature["classes"]["activation"], "sigmoid")
        self.assertEqual(self.signature["classes"]["threshold"], 0.4)

    def test_half_precision_has_float32_results(self):
        for dtype in ("bfloat16", "float16"):
            model = self.export("bert", "embedding", "--task", "embedding", "--dtype", dtype)
            self.assertEqual(model(*encode("model.pt", TEXTS, 64)).dtype, torch.float32)
            self.assertRegex(self.log, r"worst cosine (0\.99|1\.0)")

    def test_says_what_to_run_next(self):
        self.export("distilbert", "regression", "--task", "text-classification")
        self.assertTrue(self.log.splitlines()[-1].endswith(
            "next: infer --model model.pt --input FILE.jsonl --output scores.jsonl"))

    def test_origin_says_how_it_was_made(self):
        self.export("distilbert", "regression", "--task", "text-classification")
        origin = self.signature["origin"]
        self.assertEqual(origin["architecture"], "DistilBertForSequenceClassification")
        self.assertEqual([origin[key] for key in ("model", "dtype", "device")],
                         ["distilbert-regression", "float32", "cpu"])
        self.assertRegex(origin["weights_sha256"], "^[0-9a-f]{64}$")
        self.assertRegex(origin["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        first = self.signature
        self.export("distilbert", "regression", "--task", "text-classification")
        for key in ("weights_sha256", "tokenizer_sha256"):
            self.assertEqual(first["origin"][key], self.signature["origin"][key])


class PackageTest(ExportTest):
    def test_a_text_model(self):
        """One compilation, several readers: Python's loader, the archive's own reader, the C++ stream reader, zip."""
        source = folder("minilm", "embedding")
        log = self.assert_written("--hf", source, "--task", "embedding", "--dtype", "bfloat16", "--out", "model.pt2")
        self.assertIn("worst cosine 0.99", log)
        schema.validate(signature("model.pt2"))
        self.assert_readable()
        vectors = load("model.pt2")(*encode("model.pt2", TEXTS, 64))
        self.assertEqual((vectors.dtype, list(vectors.shape)), (torch.float32, [3, 32]))
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))

    def assert_readable(self):
        from torch.export.pt2_archive._package import PT2ArchiveReader, load_pt2
        reader = PT2ArchiveReader("model.pt2")
        self.assertIn("extra/tokenizer.json", reader.get_file_names())
        self.assertEqual(json.loads(reader.read_string("extra/infer.json")), signature("model.pt2"))
        self.assertEqual(set(load_pt2("model.pt2").extra_files), {"infer.json", "tokenizer.json"})
        with zipfile.ZipFile("model.pt2") as archive:
            self.assertEqual({one.compress_type for one in archive.infolist()}, {zipfile.ZIP_STORED})
            self.assertEqual({name.split("/")[0] for name in archive.namelist()}, {"model"})


if __name__ == "__main__":
    unittest.main()
