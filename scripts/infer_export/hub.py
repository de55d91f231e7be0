"""The Hugging Face hub, which a machine may not reach: found out in seconds, where its client would try for minutes."""

import os
import socket
import sys
import threading
import urllib.parse
import urllib.request

from .errors import UsageError
from .quiet import say

PATIENCE_S = 5.0


def endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _gate() -> tuple[str, int]:
    """Where a request leaves to: the hub itself, or the proxy that the environment names."""
    address = urllib.parse.urlsplit(endpoint())
    proxy = urllib.request.getproxies().get(address.scheme)
    if proxy and not urllib.request.proxy_bypass(address.hostname or ""):
        address = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return address.hostname or "", address.port or (80 if address.scheme == "http" else 443)


def _reachable() -> bool:
    """In a thread: looking a name up has no limit of its own."""
    connected = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection(_gate(), timeout=PATIENCE_S).close()
            connected.set()
        except (OSError, ValueError):
            pass

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return connected.is_set()


def _go_offline() -> None:
    """For this process; huggingface_hub reads the variable when it is imported, and its constant later."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    if constants := sys.modules.get("huggingface_hub.constants"):
        constants.HF_HUB_OFFLINE = True


def prepare(name: str, flag: str) -> None:
    """For a name that is no folder here: where the hub cannot be reached, its cache has to do. Throws UsageError."""
    asked = os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "yes", "true")
    if not asked and _reachable():
        return
    _go_offline()
    from huggingface_hub import try_to_load_from_cache
    files = ("config.json", "modules.json", "tokenizer.json")
    kept = any(isinstance(try_to_load_from_cache(name, file), str) for file in files)
    why = "HF_HUB_OFFLINE is set" if asked else f"{endpoint()} cannot be reached"
    if not kept:
        raise UsageError(f"{flag} {name}: no such folder here, not in the cache of Hugging Face, and {why}: where there is a "
                         f"network, hf download {name} --local-dir FOLDER, and give that folder")
    say(f"note: {why}: {name} is taken from the cache")
