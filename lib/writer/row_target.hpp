// Where the rows of chunks go: the output, plain or spliced into an earlier one, and the errors file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/choices.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/keys_target.hpp"
#include "writer/output_file.hpp"
#include "writer/output_form.hpp"
#include "writer/splice/spliced_output.hpp"
#include "writer/stamped.hpp"

namespace infer {

/// Thread-compatible. What fails throws RunError.
class RowTarget {
 public:
  /// `elsewhere`: the output gets no rows, only what write_text() is given.
  enum class Rows { here, elsewhere };

  /// Creates the files, or goes on after `from`; throws UsageError. With `retry` the earlier output's header
  /// stays, and `on_progress` is called as by SplicedOutput.
  /// A retry has no keys.
  RowTarget(const OutputNames& names, const Checkpoint& from, OutputForm form,
            const std::optional<RetryConfig>& retry, std::function<void()> on_progress,
            Rows rows = Rows::here);

  /// As OutputFile::open_pipe().
  bool open_pipes(const std::function<bool()>& is_over);
  void write(const EncodedChunk& chunk, const Counts& before);
  /// Behind the last chunk: `rows` are those of all, and `left_out` have none in the output.
  void finish(std::uint64_t rows, std::uint64_t left_out);
  /// To the output, as it is.
  void write_text(std::string_view text) { output_.write(text); }
  /// What is in each file since the last call, as OutputFile::sync().
  std::vector<Segment> sync();
  Segment sync_output() { return output_.sync(); }
  /// But the output.
  std::vector<Segment> sync_others();
  /// Gives the files their names, the output's last: who sees it may use all that belongs to it.
  void commit(Existing existing);
  /// What the earlier output consisted of beside its name.
  void remove_replaced() const {
    if (splice_) splice_->remove_replaced();
  }

  const OutputPath& output() const { return output_.path(); }
  /// As Splice has it.
  bool is_between() const { return !splice_ || splice_->is_between(); }
  /// Likewise; 0 without a retry.
  std::uint64_t position() const { return splice_ ? splice_->position() : 0; }
  /// After finish(): of the whole input.
  std::uint64_t records(std::uint64_t rows) const { return splice_ ? splice_->records() : rows; }

 private:
  void write_output(const EncodedChunk& chunk, const Counts& before);
  void begin_output();
  void write_rows(std::string_view text, std::string_view keys);

  OutputForm form_;
  Rows rows_;
  OutputFile output_;
  std::optional<OutputFile> errors_;
  std::optional<KeysTarget> keys_;
  std::optional<SplicedOutput> splice_;
};

}  // namespace infer
