"""Makes the small Parquet and Arrow files that tests read into folder OUT, each with the JSON lines that it must become.

    make_tables.py OUT
"""

import base64
import datetime
import decimal
import json
import math
import pathlib
import random
import sys
from collections.abc import Callable

import numpy
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

ROWS = 300
TRICKY = ('"', ",", "\n", "\r", "\t", "\\", "\U0001f600", "é", "a", "\x01", "plain text of some length, 40 bytes")
Value = object
Row = dict[str, Value]


def text(rng: random.Random) -> str:
    return "".join(rng.choices(TRICKY, k=rng.randrange(6)))


def float_value(rng: random.Random) -> float:
    return rng.choice([rng.uniform(-1, 1), rng.gauss(0, 1) * 10 ** rng.randrange(-30, 30), float(rng.randrange(-100, 100)), 0.0, -0.0])


def single(rng: random.Random) -> float:
    """What a float32 holds; JSON has its shortest text."""
    return float(str(numpy.float32(float_value(rng))))


def moment(rng: random.Random) -> datetime.datetime:
    whole = datetime.datetime(1900, 1, 1) + datetime.timedelta(seconds=rng.randrange(8_000_000_000))
    return whole + datetime.timedelta(microseconds=rng.choice([0, rng.randrange(1_000_000)]))


def wide(rng: random.Random) -> decimal.Decimal:
    digits = tuple(int(digit) for digit in str(rng.randrange(10**32, 10**33)))
    return decimal.Decimal((rng.randrange(2), digits, -5))


def items(make: Callable[[random.Random], Value]) -> Callable[[random.Random], Value]:
    return lambda rng: [None if rng.random() < 0.2 else make(rng) for _ in range(rng.randrange(4))]


INNER = pa.struct([("name", pa.string()), ("score", pa.float32()), ("tags", pa.list_(pa.string()))])


def inner(rng: random.Random) -> Value:
    return {"name": text(rng), "score": single(rng), "tags": items(text)(rng)}


# Column, type, and what makes a value.
COLUMNS: list[tuple[str, pa.DataType, Callable[[random.Random], Value]]] = [
    ("flag", pa.bool_(), lambda rng: rng.random() < 0.5),
    ("int8", pa.int8(), lambda rng: rng.randrange(-128, 128)),
    ("int16", pa.int16(), lambda rng: rng.randrange(-(2**15), 2**15)),
    ("int32", pa.int32(), lambda rng: rng.randrange(-(2**31), 2**31)),
    ("int64", pa.int64(), lambda rng: rng.randrange(-(2**63), 2**63)),
    ("uint8", pa.uint8(), lambda rng: rng.randrange(2**8)),
    ("uint32", pa.uint32(), lambda rng: rng.randrange(2**32)),
    ("uint64", pa.uint64(), lambda rng: rng.randrange(2**64)),
    ("half", pa.float16(), lambda rng: rng.randrange(-2000, 2000) / 8),
    ("single", pa.float32(), single),
    ("double", pa.float64(), float_value),
    ("text", pa.string(), text),
    ("large", pa.large_string(), text),
    ("bytes", pa.binary(), lambda rng: bytes(rng.choices([0xFF, 0x80, 0x41], k=rng.randrange(1, 7))) + b"\xff"),
    ("unmarked", pa.binary(), lambda rng: text(rng).encode()),
    ("day", pa.date32(), lambda rng: moment(rng).date()),
    ("second", pa.timestamp("ms"), lambda rng: moment(rng).replace(microsecond=0)),
    ("moment", pa.timestamp("us"), moment),
    ("utc", pa.timestamp("us", "UTC"), lambda rng: moment(rng).replace(tzinfo=datetime.UTC)),
    ("clock", pa.time64("us"), lambda rng: moment(rng).time()),
    ("price", pa.decimal128(9, 2), lambda rng: decimal.Decimal(rng.randrange(-(10**9) + 1, 10**9)).scaleb(-2)),
    ("wide", pa.decimal128(38, 5), wide),
    ("category", pa.dictionary(pa.int32(), pa.string()), lambda rng: rng.choice(["red", "green", "blue"])),
    ("numbers", pa.list_(pa.float32()), items(single)),
    ("large_list", pa.large_list(pa.int64()), items(lambda rng: rng.randrange(100))),
    ("fixed", pa.list_(pa.float32(), 3), lambda rng: [single(rng) for _ in range(3)]),
    ("nested", pa.list_(pa.list_(pa.int32())), items(items(lambda rng: rng.randrange(100)))),
    ("object", INNER, inner),
    ("objects", pa.list_(INNER), items(inner)),
    ("pairs", pa.map_(pa.string(), pa.int32()), lambda rng: [(str(n), rng.randrange(9)) for n in range(rng.randrange(3))]),
    ("numbered", pa.map_(pa.int32(), pa.string()), lambda rng: [(n, text(rng)) for n in range(rng.randrange(3))]),
    ("nothing", pa.null(), lambda rng: None),
]


def make_rows(rng: random.Random, rows: int, columns: list[str]) -> list[Row]:
    chosen = [(name, make) for name, _, make in COLUMNS if name in columns]
    always = ("fixed",)  # pyarrow writes no null of it
    return [
        {"id": number} | {name: make(rng) if name in always or rng.random() < 0.85 else None for name, make in chosen}
        for number in range(rows)
    ]


def table_of(rows: list[Row], columns: list[str]) -> pa.Table:
    fields = [("id", pa.int64())] + [(name, kind) for name, kind, _ in COLUMNS if name in columns]
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in fields}, schema=pa.schema(fields))


def value_text(value: Value, kind: pa.DataType) -> str:
    """The JSON that a value must become."""
    if value is None:
        return "null"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return json.dumps(value.isoformat().replace("+00:00", "Z"))
    if isinstance(value, bytes):
        return json.dumps(bytes_text(value), ensure_ascii=False)
    if pa.types.is_map(kind):
        return map_text(value, kind)
    if isinstance(value, list):
        return "[" + ",".join(value_text(item, kind.value_type) for item in value) + "]"
    if isinstance(value, dict):
        return object_text(value, {field.name: field.type for field in kind})
    return json.dumps(value, ensure_ascii=False)


def bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def map_text(pairs: list, kind: pa.DataType) -> str:
    if pa.types.is_string(kind.key_type):
        return "{" + ",".join(f"{json.dumps(key)}:{value_text(value, kind.item_type)}" for key, value in pairs) + "}"
    entry = {"key": kind.key_type, "value": kind.item_type}
    return "[" + ",".join(object_text({"key": key, "value": value}, entry) for key, value in pairs) + "]"


def object_text(row: Row, kinds: dict[str, pa.DataType]) -> str:
    members = [f"{json.dumps(name)}:{value_text(row[name], kind)}" for name, kind in kinds.items() if row[name] is not None]
    return "{" + ",".join(members) + "}"


def json_lines(rows: list[Row], table: pa.Table) -> str:
    kinds = {field.name: field.type for field in table.schema}
    return "".join(object_text(row, kinds) + "\n" for row in rows)


def write_ipc(table: pa.Table, path: pathlib.Path, batch_rows: int, stream: bool = False, compression: str | None = None) -> None:
    make = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with make(str(path), table.schema, options=pyarrow.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table.unify_dictionaries(), max_chunksize=batch_rows)


def write_all(out: pathlib.Path, table: pa.Table) -> None:
    """The same rows in many ways."""
    write = pyarrow.parquet.write_table
    write(table, out / "one.parquet", compression="zstd", row_group_size=10**6, write_page_checksum=True)
    write(table, out / "many.parquet", compression="snappy", row_group_size=17)
    write(table, out / "pages.parquet", compression="lz4", data_page_size=200, write_batch_size=8, data_page_version="2.0")
    write(table, out / "index.parquet", compression="gzip", data_page_size=200, write_batch_size=8, write_page_index=True)
    write(table, out / "old.parquet", compression="brotli", use_dictionary=False, data_page_size=200, write_batch_size=8,
          store_schema=False, version="1.0", use_compliant_nested_type=False)
    write_ipc(table, out / "one.arrow", 10**6)
    write_ipc(table, out / "many.arrow", 17, compression="zstd")
    write_ipc(table, out / "stream.arrow", 50, stream=True, compression="lz4")


def write_deltas(path: pathlib.Path, table: pa.Table) -> None:
    """Texts in the encodings that tell how they differ; those of lists stay plain."""
    names = [field.name for field in table.schema if field.type in (pa.string(), pa.large_string(), pa.binary())]
    encodings = {name: ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY")[number % 2] for number, name in enumerate(names)}
    assert len(encodings) > 3
    pyarrow.parquet.write_table(table, path, use_dictionary=False, column_encoding=encodings, data_page_size=1000, write_batch_size=8,
                                row_group_size=130)


def write_odd_places(out: pathlib.Path) -> None:
    """Texts with one character in them that JSON escapes, or that is no ASCII, at many places."""
    texts = [("a" * 150)[:place] + odd + ("b" * 150)[:behind]
             for place in range(140) for odd in ('"', "\\", "\x1f", "\x7f", "é") for behind in (0, 7, 70)]
    table = pa.table({"x": texts})
    pyarrow.parquet.write_table(table, out / "odd_places.parquet", use_dictionary=False)
    lines = (json.dumps({"x": text}, ensure_ascii=False, separators=(",", ":")) for text in texts)
    (out / "odd_places.jsonl").write_text("\n".join(lines) + "\n")


def write_with_empty_groups(path: pathlib.Path, table: pa.Table) -> None:
    with pyarrow.parquet.ParquetWriter(path, table.schema) as writer:
        for piece in (table.slice(0, 0), table.slice(0, 100), table.slice(0, 0), table.slice(100), table.slice(0, 0)):
            writer.write_table(piece)


CODECS = ("snappy", "gzip", "zstd", "brotli", "lz4")
ALIKE = "a" * 1000


def varint(number: int) -> bytes:
    rest = number >> 7
    return bytes([number & 0x7F | (0x80 if rest else 0)]) + (varint(rest) if rest else b"")


def with_claim(content: bytes, unpacked: int) -> bytes:
    """The first page, which begins behind the magic, says that it unpacks to so many bytes."""
    kind = b"PAR1\x15\x00\x15"  # a data page
    assert content.startswith(kind)
    rest = content[len(kind):]
    while rest[0] & 0x80:
        rest = rest[1:]
    return kind + varint(2 * unpacked) + rest[1:]


def write_alike(out: pathlib.Path) -> None:
    """Pages as small as their codec makes them, and the same with more than they can unpack to."""
    table = pa.table({"x": [ALIKE] * 20_000})
    for number, codec in enumerate(CODECS):
        path = out / f"alike.{codec}.parquet"
        version = "2.0" if number % 2 else "1.0"
        pyarrow.parquet.write_table(table, path, compression=codec, use_dictionary=False, data_page_version="1.0")
        (out / f"claims.{codec}.parquet").write_bytes(with_claim(path.read_bytes(), 19_000_000))
        (out / f"boasts.{codec}.parquet").write_bytes(with_claim(path.read_bytes(), 2**31 - 1))
        pyarrow.parquet.write_table(table, path, compression=codec, use_dictionary=False, data_page_version=version,
                                    write_page_index=number > 2)


def make_tables(out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    names = [name for name, _, _ in COLUMNS]
    rows = make_rows(random.Random(5), ROWS, names)
    table = table_of(rows, names)
    (out / "all.jsonl").write_text(json_lines(rows, table))
    write_all(out, table)
    write_with_empty_groups(out / "empty_groups.parquet", table)
    pyarrow.parquet.write_table(table.slice(0, 0), out / "empty.parquet")
    write_ipc(table.slice(0, 0), out / "empty.arrow", 10)
    odd = pa.table({"x": pa.array([math.nan, math.inf, -math.inf, 1.0], pa.float64())})
    pyarrow.parquet.write_table(odd, out / "non_finite.parquet")
    write_alike(out)
    write_deltas(out / "deltas.parquet", table)
    write_odd_places(out)


if __name__ == "__main__":
    make_tables(pathlib.Path(sys.argv[1]))
