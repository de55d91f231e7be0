// A folder with an output in some state, for the tests of what a start or a checkpoint makes of it.
#pragma once

#include <string>
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

  StartKind start(const StartRequest& request) const { return claim_output(names_, request).kind; }
  std::string refusal(const StartRequest& request) const {
    return message_of<UsageError>([&] { claim_output(names_, request); });
  }

 private:
  ScratchFolder folder_;
  OutputNames names_;
};

inline Checkpoint complete(Checkpoint point) {
  point.complete = true;
  return point;
}

}  // namespace infer::test
