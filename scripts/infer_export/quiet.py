"""Keeps libraries from talking: their notes are no news to who exports a model. Errors still arrive as exceptions."""

import logging
import os
import pathlib
import sys
import warnings


def set_environment() -> None:
    """Before the first import of torch and transformers. Keeps what the user has set."""
    wanted = {
        "TOKENIZERS_PARALLELISM": "false",  # else a warning after a fork
        "OMP_WAIT_POLICY": "passive",  # spinning threads are slow on a busy machine
        "TRANSFORMERS_VERBOSITY": "error",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "AOTI_RUNTIME_CHECK_INPUTS": "1",  # as infer does, so that a size the package refuses is seen here
    }
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def silence() -> None:
    """Warnings and log lines below error, of every library."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if "transformers" in sys.modules:
        from transformers.utils import logging as transformers_logging
        transformers_logging.disable_progress_bar()


def say(text: str) -> None:
    """One line on stderr, after the name that the exporter was started by."""
    own = "infer-export"
    print(f"{own if pathlib.Path(sys.argv[0]).name == own else 'export_model'}: {text}", file=sys.stderr, flush=True)
