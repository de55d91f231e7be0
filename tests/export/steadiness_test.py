"""Models whose result for a record is not a matter of this record alone: by chance, by state, by their batch."""

import sys
import unittest

import torch
from export_support import ExportTest, folder, signature

MODULES = """
import numpy, random, torch
from torch import nn

class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.linear = nn.Linear(3, 3)

class InTraining(Linear):
    def __init__(self):
        super().__init__()
        self.dropout, self.norm = nn.Dropout(0.5), nn.BatchNorm1d(3)
        self.train()
    def forward(self, x): return self.norm(self.dropout(self.linear(x)))

class Dropping(Linear):
    def forward(self, x): return nn.functional.dropout(self.linear(x), 0.05, training=True)

class Noise(Linear):
    def forward(self, x): return self.linear(x) + torch.randn_like(x)

class NumpyNoise(Linear):
    def forward(self, x): return self.linear(x) + numpy.random.rand()

class PythonNoise(Linear):
    def forward(self, x): return self.linear(x) + random.random()

class Drawing(Linear):
    def forward(self, x): return self.linear(x) + 0 * torch.rand(3)

class Counting(Linear):
    def __init__(self):
        super().__init__()
        self.register_buffer("n", torch.zeros(()))
    def forward(self, x):
        self.n += x.shape[0]
        return self.linear(x) + self.n

class Remembering(Linear):
    def __init__(self):
        super().__init__()
        self.gru, self.h = nn.GRUCell(3, 3), None
    def forward(self, x):
        self.h = self.gru(x, self.h if self.h is not None and self.h.shape == x.shape else None)
        return self.h

calls = []
class Hidden(Linear):
    def forward(self, x):
        calls.append(1)
        return self.linear(x) + len(calls)

class Caching(Linear):
    '''State that does no harm.'''
    def __init__(self):
        super().__init__()
        self.last = None
    def forward(self, x):
        self.last = x
        return self.linear(x)

class Switching(Linear):
    '''As BigBird: a short record changes the way of all later ones.'''
    short = False
    def forward(self, x):
        self.short = self.short or x.shape[1] < 20
        return x.sum(dim=1) * (1 if self.short else 2)

class Buffer(Linear):
    '''Results are the module's own memory.'''
    def __init__(self):
        super().__init__()
        self.register_buffer("out", torch.zeros(4096, 3), persistent=False)
    def forward(self, x):
        self.out[: x.shape[0]].copy_(x * 2)
        return self.out[: x.shape[0]]

class Softmax(Linear):
    def forward(self, x): return self.linear(x).softmax(dim=0)

class Scaled(Linear):
    def forward(self, x): return (x - x.min()) / (x.max() - x.min())

class BatchNorm(Linear):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3, track_running_stats=False)
    def forward(self, x): return self.norm(x) if x.shape[0] > 1 else self.linear(x)

class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.lstm = nn.LSTM(3, 3, num_layers=2)
    def forward(self, x): return self.lstm(x)[0][:, -1]

class LastState(Sequence):
    def forward(self, x): return self.lstm(x.transpose(0, 1))[1][0]

class Squeezing(Linear):
    def forward(self, x): return self.linear(x)[:, 0].squeeze()

class Several(Linear):
    def forward(self, x):
        assert x.shape[0] > 1, "one record is no batch"
        return self.linear(x)

class Listed(Linear):
    def forward(self, x): return [row for row in x]
"""


class SteadinessTest(ExportTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "mine", None)
        (self.here / "mine.py").write_text(MODULES)

    def arguments(self, name, shape="[3]", *options):
        return ("--factory", f"mine:{name}", "--task", "outputs", "--input-spec", f"x:float32:{shape}", "--out", "x.pt",
                "--overwrite", *options)

    def refused(self, code, message, name, *options):
        self.assert_refused(code, message, *self.arguments(name, *options))

    def test_training_mode_ends_before_the_export(self):
        self.assert_written(*self.arguments("InTraining"))
        import mine
        x = torch.randn(5, 3)
        torch.testing.assert_close(torch.jit.load("x.pt")(x), mine.InTraining().eval()(x))

    def test_chance(self):
        for name in ("Dropping", "Noise", "NumpyNoise", "PythonNoise"):
            self.refused(2, "the model is random: two calls with the same records differ, output0 by", name)
        log = self.assert_written(*self.arguments("Drawing"))
        self.assertIn("draws random numbers when it is called, but its results did not differ", log)

    def test_state(self):
        for name, changed in (("Counting", " (it changes n)"), ("Remembering", " (it changes h)"), ("Hidden", "")):
            self.refused(2, f"the model keeps state between calls{changed}: two calls with the same records differ", name)
        self.assert_written(*self.arguments("Caching"))

    def test_a_model_that_a_call_changes_is_compared_as_it_was_loaded(self):
        message = "differs from the original (a call changes short; where that is its way of taking long texts, a smaller"
        self.refused(1, message, "Switching", "[*]")
        self.assert_written(*self.arguments("Switching", "[*]", "--max-length", 19))

    def test_results_in_the_models_own_memory(self):
        self.assert_written(*self.arguments("Buffer"))

    def test_rows_that_depend_on_their_batch(self):
        message = "comes out differently beside others than alone: a result depends on the rest of its batch"
        for name, shape in (("Softmax", "[3]"), ("Scaled", "[3]"), ("BatchNorm", "[3]"), ("Sequence", "[4,3]")):
            self.refused(1, message, name, shape)
        self.assert_written(*self.arguments("Scaled", "[3]", "--max-batch", 1))
        self.assertEqual(signature("x.pt")["max_batch"], 1)

    def test_a_batch_of_one_is_a_batch(self):
        self.refused(1, "gives a result of shape []: its first dimension must be the batch, also of one record", "Squeezing")
        self.refused(1, "the model fails at batch 1, length 1: one record is no batch", "Several")
        self.refused(1, "gives a result of shape [2, 1, 3]", "LastState", "[4,3]")
        self.refused(1, "gives 1 results instead of 2: their number must not depend on the batch", "Listed", "[2]")


class BigBirdTest(ExportTest):
    """Above (5 + 2 * random blocks) * block size tokens it looks at blocks only; a shorter text ends that for good."""

    def test_the_original_is_loaded_anew(self):
        source = folder("big_bird", "embedding")
        arguments = ("--hf", source, "--task", "embedding", "--out", "x.pt", "--max-length")
        self.assert_refused(1, "attention_type, ...; where that is its way of taking long texts, a smaller --max-length avoids",
                            *arguments, 64)
        self.assert_written(*arguments, 28)


if __name__ == "__main__":
    unittest.main()
