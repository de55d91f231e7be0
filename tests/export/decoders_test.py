"""Decoders that score: how probable texts are, and which of some answers comes next, against transformers itself."""

import json
import unittest
from unittest import mock

import torch
from export_support import ExportTest, encode, folder, members, signature
from infer_export import bundle_plan, cli, likelihood, quiet
from infer_export.examples import make_batch
from infer_export.layouts import OwnMaskLayout
from infer_export.packed import pack

import decoder_tokenizers  # isort: skip (export_support sets the path)
import make_small_models  # isort: skip

TEXTS = ["a", "A first text, with some words.", "Ünïcödé 日本語 🙂 and words " * 4]


class DecoderTest(ExportTest):
    def small(self, family, task="likelihood", **values):
        quiet.silence()
        tokenizer = decoder_tokenizers.make(family, make_small_models.LENGTH)
        return make_small_models.make_folder(family, task, self.here / family, tokenizer=tokenizer, **values)

    def original(self, source):
        import transformers
        return (transformers.AutoModelForCausalLM.from_pretrained(source).eval(),
                transformers.AutoTokenizer.from_pretrained(source))

    def tokenizer(self):
        from tokenizers import Tokenizer
        return Tokenizer.from_str(members("x.pt")["x/extra/tokenizer.json"].decode())


class LikelihoodTest(DecoderTest):
    def test_in_pieces_of_the_vocabulary_and_capped(self):
        source = self.small("gemma2")
        with mock.patch.object(likelihood, "PIECE", 1500):
            self.assert_written("--hf", source, "--task", "likelihood", "--out", "x.pt")
        self.assertEqual(signature("x.pt")["outputs"], [{"name": "logprobs", "shape": ["*"]}])
        self.assertEqual(signature("x.pt")["origin"]["architecture"], "Gemma2ForCausalLM")
        model, tokenizer = self.original(source)
        with torch.no_grad():
            ours = torch.jit.load("x.pt")(*encode("x.pt", TEXTS, 128))
            for row, text in zip(ours, TEXTS, strict=True):
                ids = tokenizer(text, return_tensors="pt").input_ids
                logprobs = model(ids).logits.double().log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])[:, 0]
                torch.testing.assert_close(row[1 : ids.shape[1]].double(), logprobs, rtol=1e-5, atol=1e-5)
                self.assertEqual((row[0], set(row[ids.shape[1] :].tolist())), (1, set() if text == TEXTS[2] else {1.0}))

    def test_of_the_second_text_alone(self):
        source = self.small("gemma2")
        self.assert_written("--hf", source, "--task", "likelihood-pair", "--out", "x.pt")
        self.assertEqual([one["from"] for one in signature("x.pt")["inputs"]], ["token_ids", "token_mask", "token_types"])
        self.assertEqual((signature("x.pt")["text"]["fields"], signature("x.pt")["text"]["truncation_side"]),
                         (["text", "text_pair"], "left"))
        _, plain = self.original(source)
        first, second = (plain(text, add_special_tokens=False).input_ids for text in TEXTS[:2])
        joined = self.tokenizer().encode(*TEXTS[:2])
        self.assertEqual(joined.ids, [plain.bos_token_id, *first, *second, plain.eos_token_id])
        self.assertEqual(joined.type_ids, [0] * (1 + len(first)) + [1] * (1 + len(second)))
        with torch.no_grad():
            row = torch.jit.load("x.pt")(*encode("x.pt", [tuple(TEXTS[:2])], 128))[0]
        self.assertEqual((row > 0).tolist(), [True] * (1 + len(first)) + [False] * (1 + len(second)))

    def test_refusals(self):
        flags = ["--task", "likelihood", "--out", "x.pt"]
        self.assert_refused(2, "sees later tokens too", "--hf", self.small("llama", is_causal=False), *flags)
        quiet.silence()
        masked = make_small_models.make_folder("bert", "likelihood", self.here / "bert", is_decoder=True)
        self.assert_refused(2, "the model makes its logits in a way of its own", "--hf", masked, *flags)
        self.assert_refused(2, "has no head for likelihood: use --task text-classification", "--hf",
                            folder("bert", "text-classification"), *flags)


class AnswersTest(DecoderTest):
    TEMPLATE = "<s>Judge.\n<Query>: {text}\nAnswer:"

    def test_which_comes_after_the_template(self):
        source = self.small("qwen3")
        self.assert_written("--hf", source, "--task", "text-classification", "--answer-tokens", "n,y", "--template",
                            self.TEMPLATE, "--max-length", 48, "--out", "x.pt")
        self.assertEqual(signature("x.pt")["classes"], {"labels": ["n", "y"], "activation": "softmax"})
        model, tokenizer = self.original(source)
        begin, end = (tokenizer(part, add_special_tokens=False).input_ids for part in self.TEMPLATE.split("{text}"))
        answers = tokenizer.convert_tokens_to_ids(["n", "y"])
        with torch.no_grad():
            ours = torch.jit.load("x.pt")(*encode("x.pt", TEXTS, 48))
            for row, text in zip(ours, TEXTS, strict=True):  # cut within the template, not with it
                ids = tokenizer(text, add_special_tokens=False).input_ids[: 48 - len(begin) - len(end)]
                logits = model(torch.tensor([begin + ids + end])).logits[0, -1, answers]
                torch.testing.assert_close(row, logits, rtol=1e-5, atol=1e-5)

    def test_of_two_texts(self):
        source = self.small("gemma2")
        self.assert_written("--hf", source, "--task", "text-pair", "--answer-tokens", "n,y", "--labels", "no,yes", "--template",
                            "<s>Q{text}D{text_pair}?", "--out", "x.pt")
        self.assertEqual(signature("x.pt")["classes"]["labels"], ["no", "yes"])
        model, tokenizer = self.original(source)
        parts = ("<s>Q", TEXTS[0], "D", TEXTS[1], "?")
        ids = [token for part in parts for token in tokenizer(part, add_special_tokens=False).input_ids]
        self.assertEqual(self.tokenizer().encode(*TEXTS[:2]).ids, ids)
        with torch.no_grad():
            wanted = model(torch.tensor([ids])).logits[:, -1, tokenizer.convert_tokens_to_ids(["n", "y"])]
            torch.testing.assert_close(torch.jit.load("x.pt")(*encode("x.pt", [tuple(TEXTS[:2])], 128)), wanted)

    def test_refusals(self):
        source = self.small("qwen3")
        flags = ["--hf", source, "--task", "text-classification", "--out", "x.pt"]
        for message, arguments in (
                ("'certainly not' is ", ["--answer-tokens", "y,certainly not"]),
                ("name two or more", ["--answer-tokens", "y"]),
                ("name two or more", ["--answer-tokens", "y,y"]),
                ("--template is for --answer-tokens", ["--template", "{text}"]),
                ("--template must have {text}, each once", ["--answer-tokens", "n,y", "--template", "{text} {text_pair}"]),
                ("--template must have {text}, each once", ["--answer-tokens", "n,y", "--template", "text"])):
            self.assert_refused(2, message, *flags, *arguments)
        self.assert_refused(2, "--answer-tokens is for --hf", "--hf", source, "--task", "embedding", "--out", "x.pt",
                            "--answer-tokens", "n,y")


class PackedDecoderTest(DecoderTest):
    def test_with_windows_and_without(self):
        for family in ("mistral", "gemma2", "gemma3_text", "llama"):  # the first three see no more than a window
            source = self.small(family, "embedding", architecture=make_small_models.class_name(family, "likelihood"))
            subject = bundle_plan.make_subject(cli.parse(["--hf", str(source), "--task", "embedding", "--out", "x.pt2"]))
            self.assertIsInstance(subject.packed and subject.packed.layout, OwnMaskLayout, family)
            self.assert_same(subject, family)

    def assert_same(self, subject, family):
        """Rows of likelihoods go on to the longest text's end."""
        tensors = make_batch(subject.plan.inputs, (5, 90)).tensors
        with torch.no_grad():
            got, expected = subject.packed(*pack(subject.plan.inputs, tensors)), subject.model(*tensors)
        rest = got[:, expected.shape[1] :]
        torch.testing.assert_close(got[:, : expected.shape[1]], expected, rtol=1e-4, atol=1e-4, msg=family)
        self.assertTrue(bool((rest == likelihood.UNSCORED).all()), family)
        self.assertEqual(rest.shape[1], make_small_models.LENGTH - 90 if subject.plan.task == "likelihood" else 0)

    def test_likelihoods(self):
        for family, task in (("gemma2", "likelihood"), ("mistral", "likelihood-pair")):
            subject = bundle_plan.make_subject(cli.parse(["--hf", str(self.small(family)), "--task", task, "--out", "x.pt2"]))
            self.assertIsNotNone(subject.packed, family)
            self.assert_same(subject, family)


class TemplateFileTest(DecoderTest):
    def test_the_post_processor_says_it_all(self):
        """So that a text is cut as if what stands around it were special tokens: never they."""
        self.assert_written("--hf", self.small("qwen3"), "--task", "text-classification", "--answer-tokens", "n,y", "--template",
                            "a{text}b", "--out", "x.pt")
        written = json.loads(members("x.pt")["x/extra/tokenizer.json"])["post_processor"]
        self.assertEqual(written["type"], "TemplateProcessing")
        self.assertEqual(len(written["single"]), 3)


if __name__ == "__main__":
    unittest.main()
