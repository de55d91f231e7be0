"""Small bundles with exact weights and a tokenizer of eleven words, and broken ones: for make_models.py."""

import copy
import json
import zipfile

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "anna", "smith", "lives", "in", "paris"]


def make_tokenizer():
    """tokenizer.json of whole lower-case words, `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`, with padding and
    truncation stated, which the engine must ignore."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_padding(length=32)
    tokenizer.enable_truncation(4)
    return tokenizer.to_str()


def text_inputs(*names):
    """Entries of `inputs`: some of ids, mask, types."""
    entries = {
        "ids": {"from": "token_ids", "range": [0, len(WORDS) - 1]},
        "mask": {"from": "token_mask"},
        "types": {"from": "token_types", "range": [0, 1]},
    }
    return [{"name": name, "dtype": "int64", "shape": ["*"], "pad": 0, **entries[name]} for name in names]


def packed_inputs():
    """Of one text after the other."""
    return [text_inputs("ids")[0] | {"packed": True},
            {"name": "counts", "dtype": "int64", "shape": [], "from": "token_count"}]


def text_signature(task, shape, classes=None, inputs=("ids", "mask"), fields=("text",)):
    signature = {
        "infer_bundle": 1, "task": task, "inputs": text_inputs(*inputs), "text": {"fields": list(fields), "max_length": 8},
        "outputs": [{"name": "result", "shape": shape}], "max_batch": 4,
        "origin": {"model": "made by a test", "torch": "any", "year": 2026, "exact": True},
    }
    if classes:
        signature["classes"] = classes
    return signature


def classes(labels, activation="softmax", **more):
    return {"labels": labels, "activation": activation, **more}


def define_text_modules(torch):
    """Sums of whole numbers and halves: exact whatever the batch."""

    class BagOfWords(torch.nn.Module):
        """ids, mask [b, t] -> [b, width]: the sum of the words' rows."""

        def __init__(self, rows):
            super().__init__()
            self.table = torch.nn.Embedding.from_pretrained(torch.tensor(rows))

        def forward(self, ids, mask):
            return (self.table(ids) * mask.unsqueeze(-1)).sum(dim=1)

    class PackedBagOfWords(BagOfWords):
        """ids [tokens], counts [b] -> [b, width]: the same of texts one after the other. Positions count for nothing,
        but their table ends where the filling of a batch may end: 15 tokens."""

        def __init__(self, weights):
            super().__init__(weights)
            self.places = torch.nn.Embedding.from_pretrained(torch.zeros(16, self.table.embedding_dim))

        def forward(self, ids, counts):
            ends = counts.cumsum(0)
            place = torch.arange(ids.shape[0])
            text = (place.unsqueeze(1) >= ends.unsqueeze(0)).sum(dim=1)
            begins = torch.nn.functional.pad(ends, (1, 0))
            member = text.unsqueeze(0) == torch.arange(counts.shape[0]).unsqueeze(1)
            return member.to(torch.float32) @ (self.table(ids) + self.places(place - begins[text]))

    class PairScore(BagOfWords):
        """ids, mask, types [b, t] -> [b, 1]: the first text's words less the second's."""

        def forward(self, ids, mask, types):
            return (self.table(ids) * (mask * (1 - 2 * types)).unsqueeze(-1)).sum(dim=1)

    class Tagger(BagOfWords):
        """ids, mask [b, t] -> [b, t, labels]."""

        def forward(self, ids, mask):
            return self.table(ids) * mask.unsqueeze(-1)

    def rows(width, values):
        return [values.get(word, [0.0] * width) for word in WORDS]

    verdict = {"good": [0.0, 2.0, 0.0], "bad": [2.0, 0.0, 0.0], "paris": [0.0, 0.0, 1.0]}
    tags = {"anna": [0.0, 4.0, 0.0, 0.0], "smith": [0.0, 0.0, 4.0, 0.0], "paris": [0.0, 0.0, 0.0, 4.0]}
    return {
        "verdict": BagOfWords(rows(3, verdict)),
        "packed": PackedBagOfWords(rows(3, verdict)),
        "pair": PairScore(rows(1, {"good": [1.0], "bad": [-1.0]})),
        "tagger": Tagger([tags.get(word, [4.0, 0.0, 0.0, 0.0]) for word in WORDS]),
    }


LABELS = ["negative", "positive", "neutral"]
TAGS = ["O", "B-PER", "I-PER", "LOC"]
VERDICT = text_signature("classification", [3], classes(LABELS))


def trace_text(torch, module, inputs):
    example = [torch.ones(2, 3, dtype=torch.int64) for _ in range(inputs)]
    return torch.jit.trace(module, tuple(example), strict=False, check_trace=False)


def save_bundle(module, path, signature, tokenizer):
    """`signature` as a dictionary or as text; no tokenizer member when `tokenizer` is None."""
    extra = {"infer.json": signature if isinstance(signature, str) else json.dumps(signature)}
    if tokenizer is not None:
        extra["tokenizer.json"] = tokenizer
    module.save(str(path), _extra_files=extra)


def changed(**changes):
    signature = copy.deepcopy(VERDICT)
    signature.update(changes)
    return signature


def save_good_bundles(torch, modules, tokenizer, out):
    verdict = trace_text(torch, modules["verdict"], 2)
    save_bundle(verdict, out / "bundle_text.pt", VERDICT, tokenizer)
    packed = torch.jit.trace(modules["packed"], (torch.ones(5, dtype=torch.int64), torch.tensor([3, 2])))
    save_bundle(packed, out / "bundle_packed.pt", changed(inputs=packed_inputs()), tokenizer)
    save_bundle(verdict, out / "bundle_left.pt",
                changed(text={"fields": ["text"], "max_length": 8, "truncation_side": "left"}), tokenizer)
    prompted = text_signature("embedding", [3]) | {"text": {"fields": ["text"], "max_length": 8, "prompt": "good paris "}}
    save_bundle(verdict, out / "bundle_prompt.pt", prompted, tokenizer)
    save_bundle(verdict, out / "bundle_embedding.pt", text_signature("embedding", [3]), tokenizer)
    save_bundle(verdict, out / "bundle_multi_label.pt",
                changed(classes=classes(LABELS, "sigmoid", threshold=0.75)), tokenizer)
    save_bundle(verdict, out / "bundle_regression.pt", changed(classes=classes(LABELS, "none")), tokenizer)
    pair = text_signature("classification", [1], classes(["relevance"], "sigmoid"), ("ids", "mask", "types"),
                          ("text", "text_pair"))
    save_bundle(trace_text(torch, modules["pair"], 3), out / "bundle_pair.pt", pair, tokenizer)
    save_bundle(trace_text(torch, modules["tagger"], 2), out / "bundle_entities.pt",
                text_signature("entities", ["*", 4], classes(TAGS)), tokenizer)
    save_bundle(trace_text(torch, modules["tagger"], 2), out / "bundle_tokens.pt", text_signature("outputs", ["*", 4]),
                tokenizer)
    numbers = {
        "infer_bundle": 1, "task": "outputs", "outputs": [{"name": "total", "shape": []}],
        "inputs": [{"name": "x", "dtype": "float32", "shape": ["*"], "from": "field", "field": "a.x", "pad": 0}],
    }
    save_bundle(torch.jit.load(str(out / "ragged_sum.pt")), out / "bundle_numbers.pt", numbers, None)


def picture_signature(height, width, shape):
    """Steps that change every picture: smaller, and then its middle."""
    return {
        "infer_bundle": 1, "task": "outputs", "outputs": [{"name": "result", "shape": shape}],
        "inputs": [{"name": "image", "dtype": "uint8", "shape": [height, width, 3], "from": "image"}],
        "image": {"backend": "pil", "steps": [
            {"step": "resize_shortest", "size": max(height, width), "filter": "bicubic"},
            {"step": "center_crop", "size": [height, width]}]},
    }


def save_picture_bundles(torch, out):
    """bundle_pixels.pt gives the pixels as they come; slow_pictures.pt takes its time."""
    from models.slow import SlowPictures

    class Pixels(torch.nn.Module):
        def forward(self, image):
            return image.to(torch.float32)

    save_bundle(torch.jit.script(Pixels()), out / "bundle_pixels.pt", picture_signature(6, 8, [6, 8, 3]), None)
    save_bundle(torch.jit.script(SlowPictures()), out / "slow_pictures.pt", picture_signature(16, 16, [3]), None)


def save_broken_bundles(torch, modules, tokenizer, out):
    verdict = trace_text(torch, modules["verdict"], 2)
    two = classes(["no", "yes"])
    broken = {
        "damaged": (json.dumps(VERDICT)[:200], tokenizer),
        "version": (changed(infer_bundle=2), tokenizer),
        "no_tokenizer": (VERDICT, None),
        "bad_tokenizer": (VERDICT, '{"model": {"type": "WordPiece"}}'),
        "no_json_tokenizer": (VERDICT, "words"),
        "label_count": (changed(classes=two), tokenizer),
        "wrong_model": (changed(classes=two, outputs=[{"name": "result", "shape": [2]}]), tokenizer),
        "unknown_key": (changed(truncate=True), tokenizer),
        "no_text": ({key: value for key, value in VERDICT.items() if key != "text"}, tokenizer),
    }
    for name, (signature, with_tokenizer) in broken.items():
        save_bundle(verdict, out / f"bundle_{name}.pt", signature, with_tokenizer)


def save_bundles(torch, out):
    modules, tokenizer = define_text_modules(torch), make_tokenizer()
    save_good_bundles(torch, modules, tokenizer, out)
    save_picture_bundles(torch, out)
    save_broken_bundles(torch, modules, tokenizer, out)


def save_aoti_bundle(torch, out):
    """bundle_text.pt2: the members are added to the finished package."""
    from torch._inductor import aoti_compile_and_package

    path = out / "bundle_text.pt2"
    dims = {0: torch.export.Dim("batch", min=1, max=4), 1: torch.export.Dim("length", min=1, max=8)}
    example = (torch.ones(3, 5, dtype=torch.int64), torch.ones(3, 5, dtype=torch.int64))
    program = torch.export.export(define_text_modules(torch)["verdict"], example, dynamic_shapes=(dims, dims),
                                  strict=False)
    aoti_compile_and_package(program, package_path=str(path),
                             inductor_configs={"aot_inductor.check_lowerbound": False})
    with zipfile.ZipFile(path, "a") as package:
        root = package.namelist()[0].split("/")[0]
        package.writestr(f"{root}/extra/infer.json", json.dumps(VERDICT))
        package.writestr(f"{root}/extra/tokenizer.json", make_tokenizer())
