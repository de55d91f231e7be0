#include "writer/journal/journal_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "base/digest.hpp"
#include "unit/writer/journal_parts.hpp"

using namespace infer;
using infer::test::point_of;
using infer::test::run_of;

namespace {

constexpr auto kLargest = std::numeric_limits<std::uint64_t>::max();

Session full_session() {
  Session session{1'800'000'000'000'000'000, 0.1, 3, 4, 5, {}, {}};
  session.work.read_ns = 6;
  session.work.fitting_elements = kLargest;
  session.account.lengths.add(kLargest);
  session.account.batch_rows.add(0, kLargest);
  session.account.batch_lengths.add(16, 3);
  session.account.host_peak_bytes = 7;
  session.account.device_peak_bytes = kLargest;
  return session;
}

Checkpoint full_point() {
  Checkpoint point;
  point.chunks = kLargest;
  point.rows = 2;
  point.failed = 3;
  point.input_bytes = 4;
  point.file = std::numeric_limits<std::uint32_t>::max();
  point.lines = 6;
  point.source_bytes = 7;
  point.records = 8;
  point.input_digest = kLargest;
  point.beyond_digest = 9;
  point.complete = true;
  point.first_failure = "a \"b\".jsonl:3: line\nbreak, tab\t and \x01 \xC3\xA4";
  point.files = {{0, 0, 0}, {8, kLargest, kLargest}};
  point.failures = {{"too_long", kLargest, {"a.jsonl:3: \"x\"\n", ""}}, {"wrong_type", 1, {}}};
  point.sessions = {Session{}, full_session()};
  return point;
}

/// A line with a right checksum around any body.
std::string line_of(const std::string& body) {
  return "{\"check\":\"" + digest_text(digest_of(body)) + "\"," + body + '\n';
}

/// The checkpoints of `journal` are the first ones of `whole`.
bool is_prefix(const JournalText& journal, const JournalText& whole) {
  const auto count = journal.checkpoints.size();
  if (count > whole.checkpoints.size()) return false;
  return std::equal(journal.checkpoints.begin(), journal.checkpoints.end(), whole.checkpoints.begin());
}

std::string some_journal() {
  auto text = journal_line(Owner{"node7", 4711, "99", false}) + journal_line(run_of());
  for (std::uint64_t i = 1; i <= 3; ++i)
    text += journal_line(point_of(i, i * 10, "row " + std::to_string(i)));
  return text + journal_line(Owner{"node7", 4711, "99", true});
}

}  // namespace

TEST_CASE("journal text: nothing says nothing") {
  const auto journal = parse_journal("");
  CHECK_FALSE(journal.run.has_value());
  CHECK_FALSE(journal.owner.has_value());
  CHECK(journal.checkpoints.empty());
  CHECK(journal.valid_bytes == 0);
}

TEST_CASE("journal text: a run, checkpoints and an owner are read back as they were") {
  auto run = run_of({{"--labels", "\"quoted\"\n", true}, {"", "", false}});
  run.chunk_bytes = kLargest;
  run.retry = true;
  const Owner owner{"host \"x\"", 1, "", true};
  const auto text =
      journal_line(run) + journal_line(full_point()) + journal_line(Checkpoint{}) + journal_line(owner);
  const auto journal = parse_journal(text);
  REQUIRE(journal.run.has_value());
  CHECK(journal.run->chunk_bytes == kLargest);
  CHECK(journal.run->retry);
  CHECK(journal.run->facts == run.facts);
  CHECK(journal.checkpoints == std::vector{full_point(), Checkpoint{}});
  CHECK(journal.owner == owner);
  CHECK(journal.valid_bytes == text.size());
}

TEST_CASE("journal text: every line is one line, whatever its texts hold") {
  for (const auto& line : {journal_line(full_point()), journal_line(Owner{"a\nb", 1, "\r\n", false}),
                           journal_line(run_of({{"a\nb", "c\nd", true}}))}) {
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.back() == '\n');
  }
}

TEST_CASE("journal text: the last owner and the last run count") {
  const auto text = journal_line(Owner{"a", 1, "", false}) + journal_line(run_of({{"x", "1", true}})) +
                    journal_line(Owner{"b", 2, "", false}) + journal_line(run_of({{"x", "2", true}}));
  const auto journal = parse_journal(text);
  CHECK(journal.owner->host == "b");
  CHECK(journal.run->facts.at(0).value == "2");
}

TEST_CASE("journal text: cut anywhere, what is left are the first checkpoints and only whole lines") {
  const auto text = some_journal();
  const auto whole = parse_journal(text);
  REQUIRE(whole.checkpoints.size() == 3);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto journal = parse_journal(std::string_view(text).substr(0, size));
    REQUIRE(is_prefix(journal, whole));
    const auto last_newline = text.rfind('\n', size == 0 ? 0 : size - 1);
    REQUIRE(journal.valid_bytes == (size == 0 || last_newline == std::string::npos ? 0 : last_newline + 1));
  }
}

TEST_CASE("journal text: with any one byte changed, what is left are the checkpoints before it") {
  const auto text = some_journal();
  const auto whole = parse_journal(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int bit : {1, 2, 4, 16, 32, 128}) {
      auto changed = text;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      const auto journal = parse_journal(changed);
      REQUIRE(is_prefix(journal, whole));
      // Digits of a checksum may change their case.
      if (bit != 32) REQUIRE(journal.valid_bytes <= at);
    }
  }
}

TEST_CASE("journal text: what follows a damaged line is not believed") {
  const auto torn = journal_line(point_of(2, 0, "x")).substr(0, 30);
  const auto journal =
      parse_journal(journal_line(point_of(1, 0, "x")) + torn + '\n' + journal_line(point_of(3, 0, "x")));
  CHECK(journal.checkpoints == std::vector{point_of(1, 0, "x")});
}

TEST_CASE("journal text: zero bytes after a power cut are no line") {
  const auto text = journal_line(point_of(1, 0, "x"));
  const auto journal = parse_journal(text + std::string(4096, '\0') + journal_line(point_of(2, 0, "x")));
  CHECK(journal.checkpoints.size() == 1);
  CHECK(journal.valid_bytes == text.size());
}

TEST_CASE("journal text: a right checksum around anything else ends the reading, never throws") {
  for (const std::string body :
       {"", "}", "\"done\":{}}", "\"done\":7}", "\"done\":[]}", "\"run\":{\"chunk_bytes\":-1}}",
        "\"owner\":null}", "\"owner\":{\"host\":\"a\",\"pid\":\"1\",\"job\":\"\",\"has_left\":false}}",
        "\"other\":1}", "\xFF\xFE",
        "\"run\":{\"chunk_bytes\":1,\"retry\":false,\"facts\":[{\"name\":\"x\"}]}}"}) {
    const auto before = journal_line(point_of(1, 0, "x"));
    const auto journal = parse_journal(before + line_of(body) + journal_line(point_of(2, 0, "x")));
    INFO(body);
    CHECK(journal.checkpoints.size() == 1);
    CHECK(journal.valid_bytes == before.size());
    CHECK_FALSE(journal.owner.has_value());
    CHECK_FALSE(journal.run.has_value());
  }
}

TEST_CASE("journal text: any bytes at all say nothing and throw nothing") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text = round % 2 == 0 ? "" : "{\"check\":\"";
    for (auto size = random() % 200; size > 0; --size) text += static_cast<char>(random());
    const auto journal = parse_journal(text + '\n');
    REQUIRE(journal.valid_bytes == 0);
    REQUIRE(journal.checkpoints.empty());
  }
}

TEST_CASE("journal text: whose files it can be of, whole, torn or damaged") {
  const auto text = some_journal();
  for (std::size_t length = 0; length <= text.size(); ++length)
    CHECK(looks_like_journal(text.substr(0, length)));
  CHECK(looks_like_journal(std::string(100, '\0')));
  auto damaged = text;
  damaged.replace(0, 20, 20, '?');
  CHECK(looks_like_journal(damaged));  // other lines are whole
  for (const auto* foreign : {"diary", "{\"check\":1}", "{\"id\":1}\n", "\n", "{\"check\" :\"x\"}"})
    CHECK_FALSE(looks_like_journal(foreign));
}

TEST_CASE("journal text: a run of an earlier version replaces nothing") {
  const auto body = "\"run\":{\"chunk_bytes\":1,\"retry\":false,\"facts\":[]}}";
  const auto run = parse_journal(line_of(body)).run;
  REQUIRE(run.has_value());
  CHECK_FALSE(run->replace);
  auto replacing = run_of();
  replacing.replace = true;
  CHECK(parse_journal(journal_line(replacing)).run->replace);
}

TEST_CASE("journal text: a checkpoint of an earlier version tells of no sessions and no codes") {
  auto line = journal_line(Checkpoint{});
  CHECK(line.find("sessions") == std::string::npos);
  CHECK(line.find("failures") == std::string::npos);
  const auto journal = parse_journal(line);
  REQUIRE(journal.checkpoints.size() == 1);
  CHECK(journal.checkpoints.front().sessions.empty());
}

TEST_CASE("journal text: what an earlier version did not count is 0") {
  Checkpoint point;
  point.sessions = {full_session()};
  auto body = journal_line(point).substr(28);
  body.pop_back();
  for (const std::string counted : {"\"pictures_on_gpu\":0,", "\"pictures_on_cpu\":0,"}) {
    const auto at = body.find(counted);
    REQUIRE(at != std::string::npos);
    body.erase(at, counted.size());
  }
  const auto journal = parse_journal(line_of(body));
  REQUIRE(journal.checkpoints.size() == 1);
  CHECK(journal.checkpoints.front() == point);
}

TEST_CASE("journal text: sessions that mean nothing end the journal before them") {
  for (const auto* sessions : {"[{}]", "[1]", R"([{"began_ns":"x"}])", "[[]]"}) {
    auto body = journal_line(Checkpoint{}).substr(28);
    body.insert(body.rfind("}}"), std::string(",\"sessions\":") + sessions);
    body.pop_back();
    CHECK(parse_journal(line_of(body)).checkpoints.empty());
  }
  auto body = journal_line(Checkpoint{}).substr(28);
  body.pop_back();
  CHECK(parse_journal(line_of(body)).checkpoints.size() == 1);
}
