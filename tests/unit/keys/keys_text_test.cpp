#include "keys/keys_text.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <variant>

#include "unit/keys/sample_keys.hpp"

using namespace infer;
using infer::test::sample_blocks;
using infer::test::sample_facts;
using infer::test::sample_keys;
using infer::test::three_blocks;
using Kind = KeysFault::Kind;

namespace {

std::optional<KeysFault> fault_of(std::string_view text) {
  const auto parsed = parse_keys(text);
  const auto* const fault = std::get_if<KeysFault>(&parsed);
  return fault == nullptr ? std::nullopt : std::optional(*fault);
}

/// As a reader of all of it does.
bool is_taken(std::string_view text) {
  const auto parsed = parse_keys(text);
  const auto* const keys = std::get_if<KeysText>(&parsed);
  if (keys == nullptr) return false;
  for (const auto& block : keys->blocks)
    if (!block.has_its_keys(text)) return false;
  return true;
}

}  // namespace

TEST_CASE("keys: what was written reads back") {
  const auto text = sample_keys();
  const auto keys = std::get<KeysText>(parse_keys(text));
  CHECK(keys.head == KeysHead{sample_facts(), 5, 70});
  REQUIRE(keys.blocks.size() == 3);
  std::uint64_t row = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& placed = keys.blocks[i];
    CHECK(placed.block == three_blocks()[i]);
    CHECK(placed.first_row == row);
    CHECK(placed.keys_begin % 16 == 0);
    CHECK(placed.has_its_keys(text));
    CHECK(placed.keys_of(text).size() == placed.block.rows * 16);
    for (std::uint64_t key = 0; key < placed.block.rows; ++key)
      CHECK(placed.keys_of(text)[key * 16] == static_cast<char>(++row));
  }
}

TEST_CASE("keys: a head has one size for any counts, a multiple of 16") {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::vector<KeyFact> facts{{"name", std::string(length, 'x')}};
    const auto unfinished = keys_head({facts, 0, 0});
    const auto finished = keys_head({facts, UINT64_MAX, UINT64_MAX});
    CHECK(unfinished.size() == finished.size());
    CHECK(unfinished.size() % 16 == 0);
    CHECK(std::get<KeysText>(parse_keys(unfinished)).head == KeysHead{facts, 0, 0});
  }
}

TEST_CASE("keys: the format is what it was") {
  // Files of earlier runs are read by later programs: a change of these bytes is another version.
  const auto head = keys_head({{{"a", "bc"}}, 2, 3});
  REQUIRE(head.size() == 64);
  CHECK(head.substr(0, 56) ==
        std::string("\x93infkeys\x01\0\0\0\x40\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
                    "\x01\0\0\0a\x02\0\0\0bc\0\0\0\0\0",
                    56));
  const auto block = keys_block({1, 2, 3, 4}, "0123456789abcdef");
  REQUIRE(block.size() == 64);
  CHECK(block.substr(0, 32) ==
        std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0", 32));
  CHECK(block.substr(48) == "0123456789abcdef");
}

TEST_CASE("keys: an output without rows has a head alone") {
  CHECK_FALSE(fault_of(keys_head({sample_facts(), 0, 0})));
  CHECK_FALSE(fault_of(keys_head({{}, 0, 128})));
  CHECK_FALSE(fault_of(keys_head({{}, 0, 128}) + keys_block({0, 128, 128, 1}, "")));
}

TEST_CASE("keys: cut off anywhere they are torn") {
  const auto text = sample_keys();
  CHECK(fault_of("") == KeysFault{Kind::foreign});
  for (std::size_t size = 1; size < text.size(); ++size) {
    INFO("the first " << size << " bytes");
    CHECK(fault_of(std::string_view(text).substr(0, size)) == KeysFault{Kind::torn, size});
  }
}

TEST_CASE("keys: any flipped bit is found") {
  const auto text = sample_keys();
  REQUIRE(is_taken(text));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    auto damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO("bit " << bit);
    CHECK_FALSE(is_taken(damaged));
  }
}

TEST_CASE("keys: a damaged block is named by its byte") {
  auto text = sample_keys();
  const auto keys = std::get<KeysText>(parse_keys(text));
  const auto third = keys.blocks[2].keys_begin - 48;
  text[third + 25] = 'x';
  CHECK(fault_of(text) == KeysFault{Kind::damaged, third});
}

TEST_CASE("keys: while the output is being written they are unfinished, at the end of any block") {
  const auto head = keys_head({sample_facts(), 0, 0});
  const std::span<const KeysBlock> blocks = three_blocks();
  for (std::size_t count = 1; count <= blocks.size(); ++count) {
    const auto text = head + sample_blocks(blocks.first(count));
    CHECK(fault_of(text) == KeysFault{Kind::unfinished, text.size()});
  }
}

TEST_CASE("keys: what is none, or of a later version, is said to be so") {
  CHECK(fault_of("{\"id\":1}\n") == KeysFault{Kind::foreign});
  CHECK(fault_of(std::string(100, '\0')) == KeysFault{Kind::foreign});
  auto later = sample_keys();
  later[8] = 3;
  CHECK(fault_of(later) == KeysFault{Kind::later, 3});
}

TEST_CASE("keys: more than the head tells of is damage, and so are blocks whose output bytes overlap") {
  CHECK(fault_of(sample_keys() + keys_block({1, 70, 80, 1}, std::string(16, 'k')))->kind == Kind::damaged);
  CHECK(fault_of(sample_keys() + "more")->kind == Kind::torn);
  const auto one = keys_block({1, 10, 20, 1}, std::string(16, 'k'));
  CHECK(fault_of(keys_head({{}, 2, 20}) + one + one)->kind == Kind::damaged);
  CHECK(fault_of(keys_head({{}, 1, 20}) + keys_block({1, 20, 10, 1}, std::string(16, 'k')))->kind ==
        Kind::damaged);
  CHECK(fault_of(keys_head({{}, 1, 19}) + one)->kind == Kind::damaged);
}
