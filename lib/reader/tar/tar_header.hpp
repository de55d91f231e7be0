// One block of a tar: the head of a member (v7, ustar, pax, GNU), or zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace infer {

constexpr std::size_t kTarBlockBytes = 512;

struct TarHeader {
  std::string name;
  std::uint64_t size = 0;
  char type = '0';

  bool operator==(const TarHeader&) const = default;

  bool is_file() const { return type == '0' || type == '7'; }
  /// Links, devices and folders have none, whatever size they say.
  bool has_payload() const { return type < '1' || type > '6'; }
};

bool is_zero_block(ByteView block);

/// Of kTarBlockBytes. Nothing where its checksum or its size is none.
std::optional<TarHeader> parse_tar_header(ByteView block);

/// Whether a file that begins so is a tar by its first header, with ustar's magic and its checksum.
bool begins_as_tar(ByteView head);
/// Whether it may be one, of an old program or without members.
bool may_begin_tar(ByteView head);

}  // namespace infer
