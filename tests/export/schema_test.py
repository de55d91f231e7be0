"""The Python validator of infer.json says what lib/model_file/bundle.md says."""

import copy
import unittest

from export_support import ROOT
from infer_export.schema import validate
from infer_export.schema_checks import SchemaError

CLASSIFICATION = {
    "infer_bundle": 1,
    "task": "classification",
    "inputs": [
        {"name": "input_ids", "dtype": "int64", "shape": ["*"], "from": "token_ids", "range": [0, 30521], "pad": 0},
        {"name": "attention_mask", "dtype": "int64", "shape": ["*"], "from": "token_mask", "pad": 0},
    ],
    "text": {"fields": ["text"], "max_length": 256, "truncation_side": "right"},
    "outputs": [{"name": "logits", "shape": [2]}],
    "classes": {"labels": ["negative", "positive"], "activation": "softmax"},
    "max_batch": 1024,
    "origin": {"model": "reviews", "normalize": True, "layers": 6},
}
TENSORS = {"infer_bundle": 1, "task": "outputs",
           "inputs": [{"name": "x", "dtype": "float32", "shape": [3, 4], "from": "field", "field": "a.b"}],
           "outputs": [{"name": "y", "shape": []}]}
PICTURES = {"infer_bundle": 1, "task": "embedding",
            "inputs": [{"name": "image", "dtype": "uint8", "shape": [24, 32, 3], "from": "image", "field": "photo"}],
            "image": {"backend": "torchvision", "orient": False, "steps": [
                {"step": "center_square", "part": 7, "whole": 8}, {"step": "resize_shortest", "size": 40, "filter": "bilinear"},
                {"step": "resize", "size": [30, 40], "filter": "nearest"}, {"step": "center_crop", "size": [24, 32]}]},
            "outputs": [{"name": "embedding", "shape": [8]}]}
REMOVED = object()


def changed(document, path, value):
    """A copy with the entry at `path` replaced, added or removed."""
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


STAGES = [{"name": "stage0", "takes": ["input_ids"], "gives": ["carried0", "carried1"]},
          {"name": "stage1", "takes": ["carried1", "attention_mask"], "gives": ["carried2"]},
          {"name": "stage2", "takes": ["carried2", "carried0", "input_ids"], "gives": ["logits"]}]


class SchemaTest(unittest.TestCase):
    def assert_refused(self, message, document):
        with self.assertRaises(SchemaError) as caught:
            validate(document)
        self.assertIn(message, str(caught.exception))

    def test_says_of_pictures_what_bundle_md_says(self):
        validate(PICTURES)
        steps = ("image", "steps")
        for path, value, message in (
                (("image",), REMOVED, "image is missing"), (("inputs", 0, "from"), "field", "image has no input made from it"),
                (("inputs", 0, "dtype"), "float32", "inputs[0].dtype must be uint8"),
                (("inputs", 0, "shape"), [3, 24, 32], "inputs[0].shape must be [height, width, 3]"),
                (("inputs", 0, "shape"), ["*", 32, 3], "inputs[0].shape must be [height, width, 3]"),
                (("inputs", 0, "shape"), [32, 24, 3], "image.steps must end in the input's size, [32, 24]"),
                (("inputs", 0, "pad"), 0, "inputs[0].pad does not belong"), (("image", "backend"), "opencv", "image.backend must be one of pil"),
                (("image", "turn"), True, "image.turn is unknown"), (("image", "orient"), 1, "image.orient must be true or false"),
                (steps, [], "image.steps must be a list with at least one step"), (steps, PICTURES["image"]["steps"][:2], "must end in a resize or center_crop"),
                ((*steps, 0, "part"), 9, "image.steps[0].part must be at most whole"), ((*steps, 0, "part"), 0, "image.steps[0].part must be a whole"),
                ((*steps, 1, "filter"), "box", "image.steps[1].filter must be one of nearest, bilinear, bicubic, lanczos"),
                ((*steps, 2, "filter"), REMOVED, "image.steps[2].filter is missing"), ((*steps, 3, "filter"), "box", "image.steps[3].filter is unknown"),
                ((*steps, 3, "size"), 24, "image.steps[3].size must be [height, width]"), ((*steps, 0, "step"), "turn", "image.steps[0].step must be one of")):
            self.assert_refused(message, changed(PICTURES, path, value))
        self.assert_refused("inputs may have one picture",
                            changed(PICTURES, ("inputs",), [PICTURES["inputs"][0], PICTURES["inputs"][0] | {"name": "other"}]))

    def test_takes_what_bundle_md_shows(self):
        validate(CLASSIFICATION)
        validate(TENSORS)

    def test_takes_the_example_of_bundle_md(self):
        import json
        text = (ROOT / "lib/model_file/bundle.md").read_text()
        validate(json.loads(text.split("```json", 1)[1].split("```", 1)[0]))

    def test_stages(self):
        staged = CLASSIFICATION | {"stages": STAGES}
        validate(staged)
        for message, path, value in (
                ("stages must be two or more", ["stages"], [STAGES[0] | {"gives": ["logits"]}]),
                ("stages must have different names", ["stages", 1, "name"], "stage0"),
                ("stages[0].takes has carried2, which is no input, nor given by an earlier stage", ["stages", 0, "takes"], ["carried2"]),
                ("stages[1].takes has carried2", ["stages", 1, "takes"], ["carried2"]),
                ("stages[1].takes has logits", ["stages", 1, "takes"], ["logits"]),
                ("stages[1].gives has carried0, which has another meaning", ["stages", 1, "gives"], ["carried0"]),
                ("stages[1].gives has input_ids", ["stages", 1, "gives"], ["input_ids"]),
                ("stages[1].gives has logits", ["stages", 1, "gives"], ["carried2", "logits"]),
                ("stages[2].gives must be the outputs, in their order", ["stages", 2, "gives"], ["carried3"]),
                ("stages[1].device is unknown", ["stages", 1, "device"], "cuda:1"),
                ("stages[1].takes is missing", ["stages", 1, "takes"], REMOVED)):
            self.assert_refused(message, changed(staged, path, value))

    def test_takes_every_task(self):
        entities = changed(CLASSIFICATION, ["task"], "entities")
        validate(changed(entities, ["outputs", 0, "shape"], ["*", 2]))
        embedding = changed(changed(CLASSIFICATION, ["task"], "embedding"), ["classes"], REMOVED)
        validate(changed(embedding, ["outputs", 0, "shape"], [384]))

    def test_optional_keys_may_be_left_out(self):
        for key in ("max_batch", "origin"):
            validate(changed(CLASSIFICATION, [key], REMOVED))
        validate(changed(CLASSIFICATION, ["text", "truncation_side"], REMOVED))

    def test_refuses_unknown_keys_everywhere(self):
        for path in (["lables"], ["inputs", 0, "padding"], ["text", "max_len"], ["outputs", 0, "dtype"],
                     ["classes", "treshold"]):
            self.assert_refused("is unknown", changed(CLASSIFICATION, path, 1))

    def test_refuses_missing_keys(self):
        for path in (["task"], ["inputs"], ["outputs"], ["text"], ["classes"], ["inputs", 0, "from"],
                     ["inputs", 0, "pad"], ["text", "max_length"], ["classes", "labels"]):
            self.assert_refused(path[-1], changed(CLASSIFICATION, path, REMOVED))

    def test_refuses_values_that_do_not_fit(self):
        for path, value, message in (
                (["infer_bundle"], 2, "must be 1"), (["task"], "regression", "must be one of"),
                (["inputs"], [], "at least one"), (["inputs", 0, "shape"], [0], "whole numbers from 1"),
                (["inputs", 0, "shape"], [4], 'must be ["*"]'), (["inputs", 0, "dtype"], "float32", "range"),
                (["inputs", 1, "dtype"], "bool", "int64 or int32"), (["inputs", 0, "range"], [5, 4], "[low, high]"),
                (["inputs", 1, "name"], "input_ids", "different names"), (["max_batch"], 0, "from 1 up"),
                (["max_batch"], True, "from 1 up"), (["text", "fields"], ["a", "b", "c"], "one text, or two"),
                (["text", "truncation_side"], "both", "must be one of"), (["outputs", 0, "shape"], [3], "2 labels"),
                (["classes", "activation"], "tanh", "must be one of"), (["origin", "model"], None, "string"),
                (["inputs", 0, "field"], "text", "does not belong")):
            self.assert_refused(message, changed(CLASSIFICATION, path, value))

    def packed(self):
        counts = {"name": "counts", "dtype": "int64", "shape": [], "from": "token_count"}
        return changed(changed(CLASSIFICATION, ["inputs", 0, "packed"], True), ["inputs", 1], counts)

    def test_takes_packed_tokens_with_their_counts(self):
        validate(self.packed())

    def test_refuses_packing_that_does_not_fit(self):
        self.assert_refused("none from token_count", changed(self.packed(), ["inputs", 1], REMOVED))
        self.assert_refused("packed all", changed(CLASSIFICATION, ["inputs", 0, "packed"], True))
        self.assert_refused("for tokens", changed(TENSORS, ["inputs", 0, "packed"], True))
        self.assert_refused("true or false", changed(self.packed(), ["inputs", 0, "packed"], 1))
        self.assert_refused("must be [] for a count", changed(self.packed(), ["inputs", 1, "shape"], ["*"]))
        entities = changed(changed(self.packed(), ["task"], "entities"), ["outputs", 0, "shape"], ["*", 2])
        self.assert_refused("not be packed for entities", entities)

    def test_refuses_tasks_that_do_not_fit(self):
        self.assert_refused("does not belong", changed(CLASSIFICATION, ["task"], "outputs"))
        self.assert_refused("[width]", changed(TENSORS, ["task"], "embedding"))
        entities = changed(changed(CLASSIFICATION, ["task"], "entities"), ["outputs", 0, "shape"], ["*", 2])
        self.assert_refused("softmax", changed(entities, ["classes", "activation"], "sigmoid"))
        self.assert_refused("one text", changed(entities, ["text", "fields"], ["a", "b"]))
        self.assert_refused("text has no input", changed(TENSORS, ["text"], CLASSIFICATION["text"]))


if __name__ == "__main__":
    unittest.main()
