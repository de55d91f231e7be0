// A tar in the layout of WebDataset as JSON lines, a sample each: its picture by its place in the tar where
// that can be read again there, else in the line.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "reader/stream/byte_stream.hpp"
#include "reader/tar/sample_line.hpp"
#include "reader/tar/tar_walk.hpp"

namespace infer {

/// What lines do not have, counted.
struct TarLeftOut {
  std::uint64_t members = 0;    ///< of other endings, or of none
  std::uint64_t links = 0;      ///< and devices
  std::uint64_t ambiguous = 0;  ///< the second of their kind in a sample
  std::uint64_t broken_json = 0;
  std::string first{};  ///< the first of all

  TarLeftOut& operator+=(const TarLeftOut& more);
};

/// "left out of the tars: ..."; empty where nothing was.
std::string left_out_text(const TarLeftOut& left_out);

/// Thread-compatible.
class TarLines final : public ByteStream {
 public:
  /// Of the tar `name`, whose bytes come from `bytes`, to which it keeps a reference. `in_place`: its
  /// pictures are told by that name and their places.
  TarLines(ByteStream& bytes, const std::string& name, bool in_place, std::size_t max_record_bytes);

  /// Whole samples; what is damaged throws once all before is given.
  StreamRead read(std::span<std::byte> target) override;

  const TarLeftOut& left_out() const { return left_out_; }
  /// Whether lines have had more than ids so far.
  bool has_content() const { return has_content_; }

 private:
  void advance();
  bool step();
  void begin_member();
  void leave_out(std::uint64_t& count);

  TarWalk walk_;
  SampleLine sample_;
  std::optional<SampleField> field_;  // of the member whose content is being read
  std::size_t wanted_ = 0;            // of its bytes
  std::string content_;
  std::string lines_;
  std::size_t given_ = 0;  // of the lines
  bool ended_ = false;
  std::exception_ptr broken_;
  bool has_content_ = false;
  TarLeftOut left_out_;
};

}  // namespace infer
