// --retry-errors: rows that are scored again go to their places among the rows of the earlier output,
// whatever its form.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "record/encoded_chunk.hpp"
#include "record/selection.hpp"
#include "writer/output_file.hpp"
#include "writer/splice/retry_config.hpp"
#include "writer/splice/splice.hpp"

namespace infer {

/// Thread-compatible.
class SplicedOutput {
 public:
  /// After `done` records of config.selected, up to byte `position` of the earlier output at `target`'s final
  /// path. Taking over may take long: `on_progress` is called now and then.
  SplicedOutput(RetryConfig config, OutputFile& target, std::uint64_t done, std::uint64_t position,
                std::function<void()> on_progress);
  SplicedOutput(const SplicedOutput&) = delete;
  SplicedOutput& operator=(const SplicedOutput&) = delete;
  ~SplicedOutput() = default;

  /// The next chunk.rows records of config.selected; `text` is the chunk's output, not packed. Throws
  /// RunError when the earlier output does not have failed records there.
  void add(const EncodedChunk& chunk, std::string_view text);

  /// Takes over what is behind the last of them.
  void finish();

  /// As Splice has them.
  bool is_between() const { return splice_->is_between(); }
  std::uint64_t position() const { return splice_->position(); }
  std::uint64_t records() const { return splice_->records(); }
  void remove_replaced() const { splice_->remove_replaced(); }

 private:
  std::unique_ptr<Splice> open(std::uint64_t position, std::function<void()> on_progress);
  void begin();

  const RetryConfig config_;
  OutputFile& target_;
  std::uint64_t done_;
  SelectedNumbers numbers_;            ///< behind the next
  std::optional<std::uint64_t> last_;  ///< that is done
  std::optional<std::uint64_t> next_;  ///< to be put
  std::unique_ptr<Splice> splice_;
  bool begun_ = false;
};

}  // namespace infer
