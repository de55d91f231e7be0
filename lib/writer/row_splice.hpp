// --retry-errors: rows that are scored again go to their places among the rows of the earlier output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "record/encoded_chunk.hpp"
#include "record/selection.hpp"
#include "writer/earlier_output.hpp"
#include "writer/output_file.hpp"

namespace infer {

struct RetryConfig {
  RowLayout layout;
  bool in_place = true;  ///< a failed record has a row in the earlier output; else it was left out
  std::shared_ptr<const Selection> selected{};  ///< the records that failed; never null
  std::uint64_t input_digest = 0;               ///< Checkpoint::input_digest
};

/// Thread-compatible.
class RowSplice {
 public:
  /// After `done` records of config.selected, up to byte `position` of the earlier output at `target`'s final
  /// path. Taking over may take long: `on_progress` is called now and then.
  RowSplice(RetryConfig config, OutputFile& target, std::uint64_t done, std::uint64_t position,
            std::function<void()> on_progress);

  /// The next chunk.rows records of config.selected; `text` is the chunk's output. Throws RunError when the
  /// earlier output does not have failed records there.
  void add(const EncodedChunk& chunk, std::string_view text);

  /// Takes over what is behind the last of them.
  void finish();

  /// Bytes of the earlier output that are taken over.
  std::uint64_t position() const { return earlier_.position(); }
  /// After finish(): of the whole input.
  std::uint64_t records() const;

 private:
  std::uint64_t row_after(std::uint64_t done);
  void begin();
  bool take_over_row();
  void take_over_until(std::uint64_t row);
  void drop_failed_row();
  [[noreturn]] void refuse_row(std::uint64_t row) const;
  [[noreturn]] void refuse_kind(std::uint64_t row, const std::string& what) const;

  RetryConfig config_;
  OutputFile& target_;
  SelectedNumbers numbers_;  ///< of those that are not done
  std::uint64_t done_;
  EarlierOutput earlier_;
  std::function<void()> on_progress_;
  bool begun_ = false;      ///< the header is written
  std::uint64_t told_ = 0;  ///< position() at the last on_progress_
};

}  // namespace infer
