// A folder with an output in some state, for the tests of what a start or a checkpoint makes of it.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/journal_parts.hpp"
#include "writer/journal/output_start.hpp"

namespace infer::test {

/// An output "out" and, if wanted, its errors file "err", in some state.
class Place {
 public:
  explicit Place(bool with_errors = false) {
    names_.output = folder_.path("out");
    if (with_errors) names_.errors = folder_.path("err");
  }
  const ScratchFolder* operator->() const { return &folder_; }
  const OutputNames& names() const { return names_; }

  Place& file(const std::string& name, const std::string& content) {
    folder_.write(name, content);
    return *this;
  }
  /// One that a run left which did not end by itself.
  Place& journal(const std::vector<Checkpoint>& points, RunRecord run = run_of()) {
    auto text = journal_line(run);
    for (const auto& point : points) text += journal_line(point);
    return file("out.journal", text);
  }

  /// What a run leaves that came to its end.
  Place& finished(const std::string& content, RunRecord run = run_of()) {
    auto point = point_of(1, 0, content);
    point.complete = true;
    file("out.run", journal_line(run) + journal_line(point));
    return file("out", content);
  }

  /// To look comes to the same, and leaves all as it is.
  StartKind start(const StartRequest& request) const {
    const auto before = content();
    const auto seen = look_at_output(names_, request).kind;
    CHECK(content() == before);
    const auto kind = claim_output(names_, request).kind;
    CHECK(seen == kind);
    return kind;
  }
  /// Likewise.
  std::string refusal(const StartRequest& request) const {
    const auto before = content();
    const auto seen = message_of<UsageError>([&] { look_at_output(names_, request); });
    CHECK(content() == before);
    const auto message = message_of<UsageError>([&] { claim_output(names_, request); });
    CHECK(seen == message);
    return message;
  }

 private:
  /// Name, size and time of all that is in the folder.
  std::set<std::tuple<std::string, std::uintmax_t, std::filesystem::file_time_type>> content() const {
    std::set<std::tuple<std::string, std::uintmax_t, std::filesystem::file_time_type>> all;
    std::error_code leads_nowhere;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path(".")))
      all.emplace(entry.path().string(), entry.is_regular_file() ? entry.file_size() : 0,
                  std::filesystem::last_write_time(entry.path(), leads_nowhere));
    return all;
  }

  ScratchFolder folder_;
  OutputNames names_;
};

inline Checkpoint complete(Checkpoint point) {
  point.complete = true;
  return point;
}

}  // namespace infer::test
