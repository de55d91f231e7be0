"""The tables of tasks: whole, fitting to each other, and naming what lib/record/task.hpp names."""

import re
import subprocess
import sys
import unittest

from export_support import ROOT
from infer_export.pooling_table import POOLINGS
from infer_export.tasks import ACTIVATIONS, BUNDLE_TASKS, EXPORT_TASKS, listed, tasks_with

TRAITS = ("has_classes", "has_places", "is_vector", "adds_tokens")


def rows_of_the_header():
    """name: text of the row, of kTasks."""
    table = (ROOT / "lib/record/task.hpp").read_text().split("constexpr std::array kTasks{", 1)[1].split("\n};", 1)[0]
    return {re.search(r'\.name = "(\w+)"', row)[1]: row for row in table.split("TaskTraits{")[1:]}


class BundleTasksTest(unittest.TestCase):
    def test_are_those_of_the_header_in_its_order(self):
        self.assertEqual(list(BUNDLE_TASKS), list(rows_of_the_header()))

    def test_have_the_traits_that_the_header_gives_them(self):
        for name, row in rows_of_the_header().items():
            task = BUNDLE_TASKS[name]
            self.assertEqual({trait: getattr(task, trait) for trait in TRAITS},
                             {trait: f".{trait} = true" in row for trait in TRAITS}, name)
            dims = re.search(r"\.output_dims = (\d+)", row)
            self.assertEqual(0 if task.shape is None else 1 + len(task.shape), int(dims[1]) if dims else 0, name)
            if task.has_classes:
                self.assertEqual(len(task.activations) > 1, ".ranks_classes = true" in row, name)

    def test_have_classes_in_the_last_dimension(self):
        for name, task in BUNDLE_TASKS.items():
            self.assertLessEqual(set(task.activations), set(ACTIVATIONS), name)
            self.assertEqual(task.has_classes, bool(task.shape) and task.shape[-1] == "labels", name)

    def test_shapes(self):
        for name, taken, refused in (("outputs", [(), (3, "*")], []), ("classification", [(3,)], [(), ("*",), (3, 3)]),
                                     ("entities", [("*", 3)], [(3,), (3, 3), ("*", "*")])):
            self.assertTrue(all(map(BUNDLE_TASKS[name].takes, taken)), name)
            self.assertFalse(any(map(BUNDLE_TASKS[name].takes, refused)), name)


class ExportTasksTest(unittest.TestCase):
    def test_make_every_task_of_a_bundle(self):
        self.assertEqual({one.bundle.name for one in EXPORT_TASKS.values()}, BUNDLE_TASKS.keys())

    def test_are_whole(self):
        for name, task in EXPORT_TASKS.items():
            self.assertIs(task.bundle, BUNDLE_TASKS[task.bundle.name], name)
            self.assertTrue(task.loader or task.takes_tensors, f"{name}: by no means can a model be given")
            self.assertEqual(task.loader is None, task.result is None, name)
            self.assertEqual(bool(task.loader and task.has_own_head), task.architectures is not None, name)
            self.assertTrue(task.fields or task.of_pictures or not task.loader, name)
            self.assertFalse(task.fields and task.of_pictures, name)
            self.assertFalse(task.takes_prompt and len(task.fields) != 1, name)
            self.assertFalse(task.bundle.has_places and (task.takes_tensors or len(task.fields) != 1), name)

    def test_of_tensors_have_another_of_text(self):
        with_text = [one.bundle for one in tasks_with("fields")]
        for task in tasks_with("takes_tensors"):
            self.assertIn(task.bundle, with_text, task.name)

    def test_put_heads_on_vectors(self):
        for task in tasks_with("head_on"):
            self.assertTrue(EXPORT_TASKS[task.head_on].pools, task.name)

    def test_load_what_transformers_has(self):
        import transformers
        for task in tasks_with("loader"):
            self.assertTrue(hasattr(transformers, task.loader), task.name)

    def test_a_list_of_names(self):
        self.assertEqual([listed("a", "or"), listed("ab", "or"), listed("abc", "and")], ["a", "a or b", "a, b and c"])


class TablesTest(unittest.TestCase):
    def test_need_no_torch(self):
        code = "import sys, infer_export.cli; sys.exit('torch' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "scripts", check=False)
        self.assertEqual(done.returncode, 0)

    def test_places_of_poolings_are_an_order(self):
        self.assertEqual(sorted(one.place for one in POOLINGS.values()), list(range(len(POOLINGS))))


if __name__ == "__main__":
    unittest.main()
