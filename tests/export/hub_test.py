"""A name on the hub where there is no network, or only what was loaded before."""

import os
import socket
import time
import unittest
from unittest import mock

from export_support import ExportTest
from infer_export import hub


class HubTest(ExportTest):
    FLAGS = ("--hf", "nobody/nothing", "--task", "embedding", "--out", "x.pt")

    def refused(self, message, **variables):
        import huggingface_hub.constants as constants
        with mock.patch.dict(os.environ, variables), mock.patch.object(constants, "HF_HUB_OFFLINE", False):
            self.assert_refused(2, message, *self.FLAGS)
            self.assertTrue(constants.HF_HUB_OFFLINE)

    def test_a_hub_that_refuses(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{unused.getsockname()[1]}"
            self.refused(f"not in the cache of Hugging Face, and {address} cannot be reached: where there is a network, "
                         "hf download nobody/nothing --local-dir FOLDER", HF_ENDPOINT=address, HF_HUB_OFFLINE="")

    def test_a_hub_that_says_nothing(self):
        """Looking its name up may take any time."""
        with mock.patch.object(hub, "PATIENCE_S", 0.1), \
                mock.patch("socket.create_connection", side_effect=lambda *_, **__: time.sleep(3600)):
            self.refused("cannot be reached", HF_HUB_OFFLINE="", HF_ENDPOINT="http://hub.invalid")

    def test_offline_by_choice(self):
        self.refused("and HF_HUB_OFFLINE is set", HF_HUB_OFFLINE="1")


if __name__ == "__main__":
    unittest.main()
