// The table of contents of a zip file, read strictly and before anything else opens the file: LibTorch's
// reader trusts what stands there, allocates what it claims and, for AOTInductor, writes its names to the
// disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_file/zip/zip_file.hpp"

namespace infer::detail {

struct ZipMember {
  std::string name;  ///< relative, of plain parts: no "..", no backslash, no control character
  bool compressed = false;
  std::uint64_t header = 0;  ///< where its own header stands in the file
  std::uint64_t data = 0;    ///< where its bytes begin
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;  ///< unpacked
};

/// In the table's order, each name once. Throws UsageError for a file that is cut off or damaged, whose
/// members overlap, unpack to far more than a model does, or have a name that could lead out of a folder.
std::vector<ZipMember> read_zip_directory(const ZipFile& file);

/// Up to `most` first bytes of a member that is not compressed.
std::string read_zip_head(const ZipFile& file, const ZipMember& member, std::size_t most);

/// All of a member, unpacked.
std::string read_zip_member(const ZipFile& file, const ZipMember& member);

}  // namespace infer::detail
