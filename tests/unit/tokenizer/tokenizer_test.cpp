#include "tokenizer/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "base/error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using Ids = std::vector<std::uint32_t>;

namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

const std::vector<std::string> kKinds = {"wordpiece", "byte_level_bpe", "modern_byte_level_bpe", "bpe",
                                         "unigram"};

/// Texts that have made tokenizers stumble.
const std::vector<std::string> kTexts = {
    "",
    " ",
    " \t\n\r ",
    std::string("nul \0 inside\0", 13),
    "plain words, with punctuation.",
    "caf\u00e9 and cafe\u0301",
    "\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪",
    "שלום עולם \u200f مرحبا",
    "漢字かな交じり文",
    "[CLS] </s> <mask> ##ing ▁ Ġ",
    "\U0010ffff\ufffe\U000e0001",
    std::string(3000, 'x'),
};

std::string read_json(const std::string& kind) {
  const char* folder = std::getenv("INFER_TEST_TOKENIZERS");
  if (folder == nullptr) throw std::runtime_error("INFER_TEST_TOKENIZERS is not set: run with ctest");
  std::ifstream file(std::string(folder) + "/" + kind + ".json", std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Tokenizer make(const std::string& kind, const TokenizerConfig& config = {}) {
  return Tokenizer(read_json(kind), config);
}

Ids ids_of(const TokenBuffer& tokens) { return {tokens.ids().begin(), tokens.ids().end()}; }

Ids types_of(const TokenBuffer& tokens) { return {tokens.types().begin(), tokens.types().end()}; }

Ids encode(const Tokenizer& tokenizer, std::string_view text, std::optional<std::string_view> pair = {}) {
  TokenBuffer tokens;
  const auto error = tokenizer.encode(text, pair, tokens);
  INFO(error.value_or(""));
  REQUIRE_FALSE(error.has_value());
  return ids_of(tokens);
}

std::string refusal(std::string_view json, const TokenizerConfig& config = {}) {
  try {
    const Tokenizer tokenizer(json, config);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

/// `json` with the first `from` replaced.
std::string edited(std::string json, const std::string& from, const std::string& to) {
  const auto position = json.find(from);
  REQUIRE(position != std::string::npos);
  return json.replace(position, from.size(), to);
}

/// BERT of a handful of words: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, then the words from 4 on.
std::string toy_json(const std::string& model_extra = "") {
  return R"({"version": "1.0",
    "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
    "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [{"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
                      "normalized": false, "special": true}],
    "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, "decoder": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100, )" +
         model_extra +
         R"("vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3,
              "a": 4, "b": 5, "c": 6, "d": 7, "e": 8, "##x": 9, "ä": 10}}})";
}

Tokenizer toy(std::size_t max_length = 0, bool left = false, bool spans = false) {
  return Tokenizer(toy_json(), {max_length, left, spans});
}

}  // namespace

TEST_CASE("tokenizer: adds special tokens and types, and ignores padding and truncation of the file") {
  const auto tokenizer = toy();
  TokenBuffer tokens;
  REQUIRE_FALSE(tokenizer.encode("A b ax q", {}, tokens));
  CHECK(ids_of(tokens) == Ids{2, 4, 5, 4, 9, 1, 3});
  CHECK(types_of(tokens) == Ids(7, 0));
  CHECK(tokens.spans().empty());
  CHECK_FALSE(tokens.truncated());
  REQUIRE_FALSE(tokenizer.encode("a b", "c", tokens));
  CHECK(ids_of(tokens) == Ids{2, 4, 5, 3, 6, 3});
  CHECK(types_of(tokens) == Ids{0, 0, 0, 0, 1, 1});
}

TEST_CASE("tokenizer: an empty text has special tokens alone, an empty pair is a pair") {
  const auto tokenizer = toy();
  CHECK(encode(tokenizer, "") == Ids{2, 3});
  CHECK(encode(tokenizer, " \n ") == Ids{2, 3});
  CHECK(encode(tokenizer, std::string_view()) == Ids{2, 3});
  CHECK(encode(tokenizer, "a", "") == Ids{2, 4, 3, 3});
  CHECK(encode(tokenizer, "a", std::string_view()) == Ids{2, 4, 3, 3});
}

TEST_CASE("tokenizer: cuts at the end or at the beginning, special tokens included") {
  TokenBuffer tokens;
  REQUIRE_FALSE(toy(5).encode("a b c d e", {}, tokens));
  CHECK(ids_of(tokens) == Ids{2, 4, 5, 6, 3});
  CHECK(tokens.truncated());
  REQUIRE_FALSE(toy(5, true).encode("a b c d e", {}, tokens));
  CHECK(ids_of(tokens) == Ids{2, 6, 7, 8, 3});
  CHECK(tokens.truncated());
  REQUIRE_FALSE(toy(7).encode("a b c d e", {}, tokens));
  CHECK(ids_of(tokens) == Ids{2, 4, 5, 6, 7, 8, 3});
  CHECK_FALSE(tokens.truncated());
}

TEST_CASE("tokenizer: of a pair the longer text is cut first") {
  CHECK(encode(toy(8), "a b c d e", "a b") == Ids{2, 4, 5, 6, 3, 4, 5, 3});
  CHECK(encode(toy(8), "a b", "a b c d e") == Ids{2, 4, 5, 3, 4, 5, 6, 3});
  // Both too long: the longer one keeps the odd token, of equal ones the second.
  CHECK(encode(toy(6), "a b c d e", "a b c d") == Ids{2, 4, 5, 3, 4, 3});
  CHECK(encode(toy(6), "a b c d", "a b c d") == Ids{2, 4, 3, 4, 5, 3});
  CHECK(encode(toy(6, true), "a b c d", "a b c d e") == Ids{2, 7, 3, 7, 8, 3});
  // The lengths beyond the limit decide, too.
  CHECK(encode(toy(6), "a b c d e a b c d e a", "a b c d e a b c d e") == Ids{2, 4, 5, 3, 4, 3});
}

TEST_CASE("tokenizer: without special tokens a text of just the limit is not truncated") {
  const auto bare =
      edited(toy_json(), R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})", "null");
  const Tokenizer tokenizer(bare, {3, false, false});
  TokenBuffer tokens;
  REQUIRE_FALSE(tokenizer.encode("a b c", {}, tokens));
  CHECK(ids_of(tokens) == Ids{4, 5, 6});
  CHECK_FALSE(tokens.truncated());
  REQUIRE_FALSE(tokenizer.encode("a b c d", {}, tokens));
  CHECK(ids_of(tokens) == Ids{4, 5, 6});
  CHECK(tokens.truncated());
  REQUIRE_FALSE(tokenizer.encode("a", "b c", tokens));
  CHECK(types_of(tokens) == Ids{0, 1, 1});
  CHECK_FALSE(tokens.truncated());
}

TEST_CASE("tokenizer: spans are bytes of the text") {
  const std::string text = "Ä  bx [SEP]";  // Ä has two bytes
  TokenBuffer tokens;
  REQUIRE_FALSE(toy(0, false, true).encode(text, {}, tokens));
  REQUIRE(ids_of(tokens) == Ids{2, 10, 5, 9, 3, 3});
  REQUIRE(tokens.spans().size() == 6);
  const std::vector<std::string> pieces = {"", "Ä", "b", "x", "[SEP]", ""};
  const std::vector<bool> special = {true, false, false, false, false, true};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TokenSpan span = tokens.spans()[i];
    CHECK(text.substr(span.begin, span.end - span.begin) == pieces[i]);
    CHECK(span.special == special[i]);
  }
}

TEST_CASE("tokenizer: spans of truncated texts and of pairs") {
  TokenBuffer tokens;
  REQUIRE_FALSE(toy(4, true, true).encode("a b c", {}, tokens));
  REQUIRE(tokens.spans().size() == 4);
  CHECK(tokens.spans()[1].begin == 2);
  CHECK(tokens.spans()[2].end == 5);
  REQUIRE_FALSE(toy(0, false, true).encode("a b", "c", tokens));
  REQUIRE(tokens.spans().size() == 6);
  CHECK(tokens.spans()[2].begin == 2);
  CHECK(tokens.spans()[4].special);  // it is of the second text
}

TEST_CASE(
    "tokenizer: spans leave out the spaces that a special token takes in, however many bytes they have") {
  const auto tokenizer = make("byte_level_bpe", {0, false, true});
  TokenBuffer tokens;
  for (const std::string spaces : {" ", "\u3000", "\u0085", " \u2003\u205f"}) {
    REQUIRE_FALSE(tokenizer.encode("a" + spaces + "<mask>", {}, tokens));
    const auto& mask = tokens.spans()[tokens.spans().size() - 2];
    CHECK(mask.begin == 1 + spaces.size());
    CHECK(mask.end == 1 + spaces.size() + 6);
  }
}

TEST_CASE("tokenizer: spans cost nothing but time: the same tokens with them and without") {
  for (const auto& kind : kKinds) {
    for (const std::size_t max_length : {std::size_t{0}, std::size_t{7}}) {
      const auto fast = make(kind, {max_length, false, false});
      const auto slow = make(kind, {max_length, false, true});
      for (const auto& text : kTexts) {
        INFO(kind << ", " << text.substr(0, 60));
        CHECK(encode(fast, text) == encode(slow, text));
        CHECK(encode(fast, text, "and a pair") == encode(slow, text, "and a pair"));
      }
    }
  }
}

TEST_CASE("tokenizer: spans never leave their text and begin in order") {
  for (const auto& kind : kKinds) {
    const auto tokenizer = make(kind, {0, false, true});
    TokenBuffer tokens;
    for (const auto& text : kTexts) {
      REQUIRE_FALSE(tokenizer.encode(text, {}, tokens));
      REQUIRE(tokens.spans().size() == tokens.ids().size());
      std::uint32_t last = 0;
      for (const TokenSpan& span : tokens.spans()) {
        if (span.special) continue;
        INFO(kind << ", " << text.substr(0, 60));
        CHECK(span.begin <= span.end);
        CHECK(span.end <= text.size());
        CHECK(last <= span.begin);
        last = span.begin;
      }
    }
  }
}

TEST_CASE("tokenizer: a megabyte without a space, alone and in pairs, whole and truncated") {
  const std::string giant(kMegabyte, 'a');
  const std::string marks = [] {
    std::string text = "a";
    for (std::size_t i = 0; i < kMegabyte / 2; ++i) text += "\u0301";
    return text;
  }();
  for (const auto& kind : kKinds) {
    const auto start = std::chrono::steady_clock::now();
    const auto tokenizer = make(kind, {9, false, true});
    CHECK(encode(tokenizer, giant).size() <= 9);
    CHECK(encode(tokenizer, giant, marks).size() <= 9);
    CHECK(encode(make(kind), giant).size() >= 3);
    INFO(kind);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));  // quadratic would be hours
  }
}

TEST_CASE("tokenizer: threads that share one tokenizer get the same tokens") {
  for (const auto& kind : kKinds) {
    const auto tokenizer = make(kind, {50, false, false});
    std::vector<Ids> expected;
    for (const auto& text : kTexts) expected.push_back(encode(tokenizer, text));
    std::vector<int> differences(8, 0);
    {
      std::vector<std::jthread> threads;
      for (int& count : differences) {
        threads.emplace_back([&] {
          TokenBuffer tokens;
          for (std::size_t i = 0; i < 20 * kTexts.size(); ++i) {
            const auto error = tokenizer.encode(kTexts[i % kTexts.size()], {}, tokens);
            count += error || ids_of(tokens) != expected[i % kTexts.size()] ? 1 : 0;
          }
        });
      }
    }
    CHECK(differences == std::vector<int>(8, 0));
  }
}

TEST_CASE("tokenizer: a buffer is reused, across tokenizers too, and keeps nothing of the text before") {
  TokenBuffer tokens;
  REQUIRE_FALSE(toy(4, false, true).encode("a b c d e", "a b", tokens));
  REQUIRE_FALSE(toy().encode("a b c d e", {}, tokens));
  const auto* memory = tokens.ids().data();
  REQUIRE_FALSE(toy().encode("b", {}, tokens));
  CHECK(tokens.ids().data() == memory);
  CHECK(ids_of(tokens) == Ids{2, 5, 3});
  CHECK(types_of(tokens) == Ids{0, 0, 0});
  CHECK(tokens.spans().empty());
  CHECK_FALSE(tokens.truncated());
  TokenBuffer moved = std::move(tokens);
  CHECK(ids_of(moved) == Ids{2, 5, 3});
}

TEST_CASE("tokenizer: a new buffer is empty") {
  const TokenBuffer tokens;
  CHECK(tokens.ids().empty());
  CHECK(tokens.types().empty());
  CHECK(tokens.spans().empty());
  CHECK_FALSE(tokens.truncated());
}

TEST_CASE("tokenizer: a text it cannot take is an error of one line, and the next one goes well") {
  TokenBuffer tokens;
  const auto tokenizer = toy();
  CHECK(tokenizer.encode("a \xff", {}, tokens) == "the text is not valid UTF-8 at byte 2");
  CHECK(tokens.ids().empty());
  CHECK(tokenizer.encode("a", "\xc3", tokens) == "the text is not valid UTF-8 at byte 0");
  CHECK_FALSE(tokenizer.encode("a", {}, tokens));
  CHECK(ids_of(tokens) == Ids{2, 4, 3});

  const Tokenizer no_unknown(edited(toy_json(), R"("unk_token": "[UNK]")", R"("unk_token": "[NONE]")"), {});
  const auto error = no_unknown.encode("nobody", {}, tokens);
  REQUIRE(error);
  CHECK_THAT(*error, Contains("unk_token") || Contains("Missing"));
  CHECK(tokens.ids().empty());
}

TEST_CASE("tokenizer: a panic of the crate is an error, and nothing is printed") {
  const auto json =
      edited(toy_json(), R"({"type": "WhitespaceSplit"})", R"({"type": "FixedLength", "length": 0})");
  const Tokenizer tokenizer(json, {});
  TokenBuffer tokens;
  const auto error = tokenizer.encode("abc", {}, tokens);
  REQUIRE(error);
  CHECK_THAT(*error, Contains("panicked"));
  CHECK(tokens.ids().empty());
}

TEST_CASE("tokenizer: a maximum length that leaves no room for text is refused") {
  CHECK_THAT(refusal(toy_json(), {2, false, false}),
             Contains("2 special tokens") && Contains("raise it to 3"));
  CHECK(refusal(toy_json(), {3, false, false}) == "accepted");
  TokenBuffer tokens;
  const auto error = toy(3).encode("a", "b", tokens);
  REQUIRE(error);
  CHECK_THAT(*error, Contains("3 special tokens"));
}

TEST_CASE("tokenizer: a broken tokenizer.json is a usage error that says why, in one line") {
  CHECK_THAT(refusal(""), Contains("tokenizer.json") && Contains("EOF"));
  CHECK_THAT(refusal("{"), Contains("EOF"));
  CHECK_THAT(refusal("not json"), Contains("line 1 column"));
  CHECK_THAT(refusal("{}"), Contains("missing") || Contains("Model"));
  CHECK_THAT(refusal("\xff\xfe"), Contains("tokenizer.json"));
  const auto json = toy_json();
  CHECK_THAT(refusal(std::string_view(json).substr(0, json.size() / 2)), Contains("tokenizer.json"));
  CHECK_THAT(refusal(edited(json, "WordPiece", "Future")), Contains("tokenizer.json"));
  CHECK_THAT(refusal(edited(json, "WhitespaceSplit", "Future")), Contains("tokenizer.json"));
  for (const auto& text : {refusal(""), refusal("{\n\"model\":\n\"a\\nb\"}"), refusal("{}")}) {
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("tokenizer: dropout is refused, since it draws lots") {
  const auto json = read_json("byte_level_bpe");
  CHECK_THAT(refusal(edited(json, R"("dropout": null)", R"("dropout": 0.1)")), Contains("dropout"));
  CHECK(refusal(edited(json, R"("dropout": null)", R"("dropout": 0.0)")) == "accepted");
}

TEST_CASE("tokenizer: says which version it is") {
  CHECK(tokenizer_available());
  CHECK_THAT(tokenizer_version(), Catch::Matchers::Matches("tokenizers [0-9]+\\.[0-9]+\\.[0-9]+.*"));
}
