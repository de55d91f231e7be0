#include <catch2/catch.hpp>
#include <filesystem>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/record/selected.hpp"
#include "unit/writer/splice/brackets.hpp"
#include "writer/splice/spliced_output.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::brackets;
using infer::test::message_of;
using infer::test::ScratchFolder;
using infer::test::selected;

namespace {

namespace fs = std::filesystem;

using Records = std::vector<std::uint64_t>;

ManifestPart part_of(const std::string& file, std::uint64_t first, std::uint64_t records,
                     const std::string& text) {
  ManifestPart part;
  part.file = file;
  part.first_record = first;
  part.records = records;
  part.rows = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));  // where there is no header
  part.bytes = text.size();
  part.digest = digest_of(text);
  return part;
}

/// A folder of parts "part-00000.txt" and so on, of so many records each, and what becomes of it.
class Spliced {
 public:
  Spliced(const std::vector<std::string>& texts, const Records& records, const Records& failed) {
    config_.layout.is_json = false;
    config_.selected = selected(failed);
    config_.parts.emplace();
    auto& parts = *config_.parts;
    parts.names = {folder_.path(""), "part-b", ".txt"};
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto name = "part-0000" + std::to_string(i) + ".txt";
      parts.earlier.push_back(part_of(folder_.write(name, texts[i]), first, records[i], texts[i]));
      first += records[i];
    }
    parts.planned = parts.earlier;
  }
  RetryConfig& config() { return config_; }

  void begin(std::uint64_t done = 0, std::uint64_t keep = 0) {
    manifest_.emplace(folder_.path("manifest.json"), Segment{0, keep, 0});
    splice_.emplace(config_, *manifest_, done, 0, [] {});
  }
  void add(const std::string& text, const Records& failed = {}, std::uint64_t rows = 1) {
    EncodedChunk chunk;
    chunk.rows = rows;
    chunk.failed_rows = failed;
    splice_->add(chunk, text);
  }
  bool is_between() const { return splice_->is_between(); }
  /// As another run does behind a checkpoint.
  void go_on(std::uint64_t done) {
    const auto keep = manifest_->sync().end;
    splice_.reset();
    manifest_.reset();
    config_.parts->done = parse_unfinished_manifest(folder_.read("manifest.json.partial")).value().parts;
    begin(done, keep);
  }
  Manifest finish() {
    splice_->finish();
    manifest_->sync();
    manifest_->commit();
    splice_->remove_replaced();
    return parse_manifest(folder_.read("manifest.json")).value();
  }
  std::string text(const ManifestPart& part) const { return folder_.read(part.file); }
  bool has(const std::string& name) const { return folder_.has(name); }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  std::string path(const std::string& name) const { return folder_.path(name); }

 private:
  ScratchFolder folder_;
  RetryConfig config_{};
  std::optional<OutputFile> manifest_;
  std::optional<SplicedOutput> splice_;
};

}  // namespace

TEST_CASE("parts splice: a part without a failed record is the same file under a new name, others are anew") {
  Spliced splice({"0\n1\n", "2\n3\n", "4\n"}, {2, 2, 1}, {3});
  splice.begin();
  splice.add("new\n");
  CHECK(fs::hard_link_count(splice.path("part-00000.txt")) == 2);
  const auto manifest = splice.finish();
  REQUIRE(manifest.parts.size() == 3);
  CHECK(splice.text(manifest.parts[0]) == "0\n1\n");
  CHECK(splice.text(manifest.parts[1]) == "2\nnew\n");
  CHECK(splice.text(manifest.parts[2]) == "4\n");
  CHECK(manifest.parts[1].file == "part-b00001.txt");
  CHECK(manifest.parts[1].digest == digest_of("2\nnew\n"));
  CHECK(manifest.parts[1].bytes == 6);
  CHECK(manifest.sum == ManifestSum{5, 0, 5, 12});
  CHECK_FALSE(splice.has("part-00000.txt"));
}

TEST_CASE("parts splice: a part that cannot have a second name is copied") {
  Spliced splice({"0\n1\n", "2\n"}, {2, 1}, {2});
  splice.write("part-b00000.txt", "what is in the way, as where a file system has no links");
  splice.begin();
  splice.add("new\n");
  CHECK(fs::hard_link_count(splice.path("part-00000.txt")) == 1);
  const auto manifest = splice.finish();
  CHECK(splice.text(manifest.parts[0]) == "0\n1\n");
  CHECK(splice.text(manifest.parts[1]) == "new\n");
}

TEST_CASE("parts splice: counts what fails again, and what was left out") {
  Spliced splice({"0\n", "3\n"}, {2, 2}, {1, 2});
  splice.config().in_place = false;
  splice.begin();
  splice.add("new\n", {1}, 2);
  const auto manifest = splice.finish();
  CHECK(splice.text(manifest.parts[0]) == "0\nnew\n");
  CHECK(splice.text(manifest.parts[1]) == "3\n");
  CHECK(manifest.sum == ManifestSum{4, 1, 3, 8});
  CHECK(manifest.parts[1].failed == 1);
}

TEST_CASE("parts splice: where records lie in other parts now, rows move between them, headers do not") {
  Spliced splice({"id\n0\n1\n", "id\n2\n3\n4\n"}, {2, 3}, {3});
  splice.config().layout.header_bytes = 3;
  auto& parts = *splice.config().parts;
  parts.form.header = [](std::uint64_t) { return std::string("id\n"); };
  for (auto& part : parts.earlier) part.rows = part.records;
  parts.planned = {part_of("", 0, 3, ""), part_of("", 3, 1, ""), part_of("", 4, 1, "")};
  parts.is_cut_anew = true;
  splice.begin();
  splice.add("new\n");
  const auto manifest = splice.finish();
  CHECK(splice.text(manifest.parts[0]) == "id\n0\n1\n2\n");
  CHECK(splice.text(manifest.parts[1]) == "id\nnew\n");
  CHECK(splice.text(manifest.parts[2]) == "id\n4\n");
}

TEST_CASE("parts splice: pieces of parts are copied or packed anew, also where chunks are other ones now") {
  Spliced splice({"<0\n1\n><2\n>", "<3\n>"}, {3, 1}, {3});
  splice.config().pieces = brackets();
  splice.begin();
  splice.add("new\n");
  auto manifest = splice.finish();
  CHECK(splice.text(manifest.parts[0]) == "<0\n1\n><2\n>");
  CHECK(splice.text(manifest.parts[1]) == "<new\n>");

  Spliced anew({"<0\n1\n><2\n>", "<3\n>"}, {3, 1}, {3});
  anew.config().pieces = brackets();
  anew.config().chunk_records =
      std::make_shared<const std::vector<std::uint32_t>>(std::vector<std::uint32_t>{1, 1, 2});
  auto& parts = *anew.config().parts;
  parts.chunks = 2;
  parts.planned = {part_of("", 0, 2, ""), part_of("", 2, 2, "")};
  parts.is_cut_anew = true;
  anew.begin();
  anew.add("new\n");
  manifest = anew.finish();
  CHECK(anew.text(manifest.parts[0]) == "<0\n><1\n>");
  CHECK(anew.text(manifest.parts[1]) == "<2\nnew\n>");
}

TEST_CASE("parts splice: another run goes on between parts, and the parts are those of one in one go") {
  Spliced splice({"0\n1\n", "2\n3\n", "4\n"}, {2, 2, 1}, {0, 3, 4});
  splice.begin();
  splice.add("new 0\n");
  CHECK(splice.is_between());
  splice.go_on(1);
  splice.add("new 3\n");
  CHECK(splice.is_between());
  splice.go_on(2);
  splice.add("new 4\n");
  CHECK_FALSE(splice.is_between());
  const auto manifest = splice.finish();
  CHECK(splice.text(manifest.parts[0]) == "new 0\n1\n");
  CHECK(splice.text(manifest.parts[1]) == "2\nnew 3\n");
  CHECK(splice.text(manifest.parts[2]) == "new 4\n");
  CHECK(manifest.sum.records == 5);
}

TEST_CASE("parts splice: a part that is not as the manifest says, or lacks rows, is a run error") {
  Spliced changed({"0\n", "1\n"}, {1, 1}, {1});
  changed.config().parts->earlier[0].bytes = 5;
  changed.begin();
  CHECK_THAT(message_of<RunError>([&] { changed.add("new\n"); }),
             Contains("has not the 5 bytes of which the manifest tells"));
  Spliced shorter({"0\n"}, {2}, {0});
  shorter.begin();
  shorter.add("new\n");
  CHECK_THAT(message_of<RunError>([&] { shorter.finish(); }), Contains("has only 1 rows"));
}
