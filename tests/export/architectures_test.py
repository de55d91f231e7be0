"""What single architectures need: lengths, padding tokens, positions; and what is said of those that cannot be exported."""

import unittest
from unittest import mock

import torch
from export_support import ExportTest, encode, signature
from infer_export import quiet
from infer_export.tokens import ends_of_text

import make_small_models  # isort: skip (export_support sets the path)


class ArchitectureTest(ExportTest):
    def small(self, family, task="text-classification", **values):
        quiet.silence()
        return make_small_models.make_folder(family, task, self.here / family, **values)

    def flags(self, folder, *more):
        return ["--hf", folder, "--task", "text-classification", "--out", "x.pt", *more]

    def test_without_a_table_of_positions_the_configured_number_is_no_limit(self):
        source = self.small("deberta-v2", max_position_embeddings=64)
        self.assert_written(*self.flags(source))
        self.assertEqual(signature("x.pt")["text"]["max_length"], make_small_models.LENGTH)  # the tokenizer's
        self.assert_written(*self.flags(source, "--max-length", 182, "--overwrite"))
        self.assertEqual(signature("x.pt")["text"]["max_length"], 182)

    def test_a_table_of_positions_by_another_name_is_a_limit(self):
        source = self.small("gpt2", n_positions=64)
        self.assert_refused(2, "the model has positions for 64 tokens", *self.flags(source, "--max-length", 65))

    def test_a_table_of_positions_that_is_no_embedding(self):
        self.assert_written(*self.flags(self.small("ibert", max_position_embeddings=66)))
        self.assertEqual(signature("x.pt")["text"]["max_length"], 64)

    def test_a_classifier_by_the_last_token_without_a_padding_token(self):
        tokenizer = make_small_models.make_tokenizer()
        named = self.small("llama", tokenizer=tokenizer, pad_token_id=None)
        tokenizer.pad_token = None
        unnamed = self.small("gpt2", tokenizer=tokenizer, pad_token_id=None)
        for source in (named, unnamed):
            self.assert_written(*self.flags(source, "--overwrite"))
            self.assert_like_transformers(source)

    def assert_like_transformers(self, source):
        """Also of a text that ends as if it were padded."""
        import transformers
        eager = transformers.AutoModelForSequenceClassification.from_pretrained(source).eval()
        texts = ["some words", "words<pad>", "a longer text, with more of them"]
        names = [one["name"] for one in signature("x.pt")["inputs"]]
        with torch.no_grad():
            ours = torch.jit.load("x.pt")(*encode("x.pt", texts, 64))
            for row, text in zip(ours, texts, strict=True):
                alone = eager(**dict(zip(names, encode("x.pt", [text], 64), strict=True))).logits[0]
                torch.testing.assert_close(row, alone, rtol=1e-5, atol=1e-5)

    def test_an_architecture_that_sees_padding(self):
        source = self.small("fnet")
        self.assert_refused(1, "or --max-batch 1 gives each record a batch of its own", *self.flags(source))
        self.assert_written(*self.flags(source, "--max-batch", 1))

    def test_an_architecture_that_fails_for_short_texts(self):
        self.assert_refused(1, "the model fails at batch 1, length 2: output with shape [1, 2, 2, 1] doesn't match the "
                            "broadcast shape [1, 2, 2, 2]; so it would in PyTorch", *self.flags(self.small("funnel")))

    def test_a_trace_of_a_loop_over_the_tokens(self):
        source = self.small("rwkv", "embedding")
        self.assert_refused(1, "; a trace keeps what depends on a batch's size as it was for its example: --format pt2 may do "
                            "better", "--hf", source, "--task", "embedding", "--out", "x.pt", "--max-length", 16)

    def test_pooling_of_vectors_that_are_one_per_text(self):
        source = self.small("dpr", "embedding", architecture="DPRContextEncoder")
        arguments = ["--hf", source, "--task", "embedding", "--out", "x.pt"]
        self.assert_refused(2, "a DPRContextEncoder gives one vector per text", *arguments, "--pooling", "mean")
        self.assert_written(*arguments)

    def test_what_nobody_foresaw_is_a_message(self):
        with mock.patch("infer_export.export.export", side_effect=KeyError("shape")):
            self.assert_refused(1, "this model cannot be exported: KeyError: 'shape' (mock.py:", *self.flags("x"))

    def test_ends_of_a_text(self):
        tokenizer = make_small_models.make_tokenizer()
        begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
        self.assertEqual(ends_of_text(tokenizer, False), ((begin,), (end,)))
        self.assertEqual(ends_of_text(tokenizer, True), ((begin,), (end,)))
        tokenizer.backend_tokenizer.post_processor = None
        self.assertEqual(ends_of_text(tokenizer, False), ((), ()))


if __name__ == "__main__":
    unittest.main()
