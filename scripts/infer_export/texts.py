"""Texts on which the written tokenizer must agree with the model's own."""

TEXTS = (
    "A plain sentence.", "", " ", "   leading and trailing   ", "two  spaces and\ttab\nnew line\r\n",
    "UPPER lower MiXeD", "don't, won't; it's (really) \"quoted\"...", "https://example.org/a?b=c&d=%20#e",
    "naïve façade, Ångström", "cafe\u0301 o\u0308 n\u0303", "Straße İstanbul ǅ", "Ελληνικά σίγμα τέλος",
    "Привет, мир! Ёлка", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好，世界。", "こんにちは、ｶﾀｶﾅ",
    "안녕하세요 세계", "emoji 😀👩‍👩‍👧🇫🇷👍🏽", "ﬁ ﬂ ① ² ½ ™", "zero\u200bwidth\u200djoiner\ufeff", "soft\u00adhyphen\u00a0nbsp",
    "control\x01char\x7f", "12345 3.14159 1,000,000 -7e-3", "[CLS] [SEP] [MASK] [PAD] <s> </s> <mask> <pad>",
    "def f(x):\n    return x ** 2  # code", "a" * 300, "snake_case camelCase kebab-case", "½ cup; 20% off; $5 & €6",
    "\ud7ff\ue000\U0010ffff",
)
LONG = "The quick brown fox jumps over the lazy dog; Ünïcödé words and 12345 follow. "


def long_text(tokens: int) -> str:
    """Surely more than `tokens` tokens: each repetition has 16 words."""
    return LONG * (tokens // 16 + 2)


def pairs(tokens: int) -> list[tuple[str, str]]:
    """Pairs of texts, some too long on one side or on both."""
    several = list(zip(TEXTS, reversed(TEXTS), strict=True))[:20]
    long = long_text(tokens)
    return [*several, (long, "short"), ("short", long), (long, long)]
