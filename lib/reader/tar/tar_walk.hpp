// From member to member of a tar that comes as a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reader/stream/byte_stream.hpp"
#include "reader/tar/pax_records.hpp"
#include "reader/tar/tar_header.hpp"

namespace infer {

/// With the name and size that long names and pax headers before it say.
struct TarMember {
  TarHeader header;
  std::uint64_t offset = 0;  ///< of its payload in the tar
};

/// Thread-compatible. Zeros between members are passed over, so that tars one behind the other are one.
class TarWalk {
 public:
  /// `name` of the tar is for messages. Keeps a reference to `bytes`.
  TarWalk(ByteStream& bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  enum class Step { waits, member, end };
  /// To the next member, over what is left of the one before; `waits`: the stream has nothing right now.
  /// Throws RunError, which says where, for what is damaged or cut off, and what the stream throws.
  Step next();

  /// What next() has come to.
  const TarMember& member() const { return member_; }

  /// Appends its payload's next bytes until `to` has `size`, at most member().header.size; false when the
  /// stream has nothing right now. Throws as next().
  bool take(std::string& to, std::size_t size);

 private:
  bool pass_over();
  bool fill(std::string& to, std::size_t size);
  bool read_block();
  void take_header(const TarHeader& header);
  void take_extra();
  void require_end() const;
  [[noreturn]] void refuse(std::uint64_t offset, const std::string& what) const;

  ByteStream& bytes_;
  std::string name_;
  std::uint64_t position_ = 0;      // in the tar, of the next byte from the stream
  bool at_end_ = false;             // of the stream
  std::string block_;               // as much of a header as has come
  bool seen_zeros_ = false;         // since the last member
  std::optional<TarHeader> extra_;  // a header of a member's header; its payload goes to extra_text_
  std::string extra_text_;
  PaxRecords global_;
  PaxRecords next_;  // for the member that comes
  TarMember member_;
  std::uint64_t payload_end_ = 0;  // with what fills its last block
};

}  // namespace infer
