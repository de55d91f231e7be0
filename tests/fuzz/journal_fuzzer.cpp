// Any bytes as a journal, and any text behind a right checksum as a line of one: never an exception, what is
// whole is found again, and what is damaged ends it.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "fuzz/require.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer {
namespace {

void check(std::string_view bytes) {
  const auto journal = parse_journal(bytes);
  INFER_FUZZ_REQUIRE(journal.valid_bytes <= bytes.size());
  const auto again = parse_journal(bytes.substr(0, journal.valid_bytes));
  INFER_FUZZ_REQUIRE(again.valid_bytes == journal.valid_bytes);
  INFER_FUZZ_REQUIRE(again.checkpoints == journal.checkpoints && again.owner == journal.owner);
  for (const auto& checkpoint : journal.checkpoints) {
    const auto alone = parse_journal(journal_line(checkpoint));
    INFER_FUZZ_REQUIRE(alone.checkpoints.size() == 1 && alone.checkpoints.front() == checkpoint);
  }
}

/// Each line of `text` as the rest of a line whose checksum is right.
std::string with_checksums(std::string_view text) {
  std::string journal;
  while (!text.empty()) {
    const auto body = text.substr(0, text.find('\n'));
    journal.append("{\"check\":\"").append(digest_text(digest_of(body))).append("\",").append(body) += '\n';
    text.remove_prefix(std::min(body.size() + 1, text.size()));
  }
  return journal;
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  infer::check(bytes);
  infer::check(infer::with_checksums(bytes));
  return 0;
}
