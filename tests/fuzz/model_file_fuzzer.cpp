// Any bytes as a model file: what it is, or a UsageError. A zip file that passes has members that lie apart,
// inside the file, with names that stay inside a folder.
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/require.hpp"
#include "model_file/model_file.hpp"
#include "model_file/zip/zip_directory.hpp"

namespace infer {
namespace {

void check_members(const std::vector<detail::ZipMember>& members, std::size_t file_bytes) {
  std::uint64_t unpacked = 0;
  std::uint64_t packed = 0;
  for (const auto& member : members) {
    INFER_FUZZ_REQUIRE(member.header < member.data && member.data + member.packed_bytes <= file_bytes);
    INFER_FUZZ_REQUIRE(member.name.find('\0') == std::string::npos && !member.name.starts_with('/'));
    INFER_FUZZ_REQUIRE(("/" + member.name + "/").find("/../") == std::string::npos);
    unpacked += member.bytes;
    packed += member.packed_bytes;
  }
  INFER_FUZZ_REQUIRE(packed <= file_bytes);
  INFER_FUZZ_REQUIRE(unpacked <= file_bytes * 100 + (std::uint64_t{64} << 20U));
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  const fuzz::MemoryFile file({reinterpret_cast<const char*>(data), size});
  try {
    const detail::ZipFile zip(file.path());
    check_members(detail::read_zip_directory(zip), size);
  } catch (const UsageError&) {
  }
  const ModelFile model(file.path());
  try {
    model.bundle();
  } catch (const UsageError&) {
  }
  try {
    model.compiled_device();
  } catch (const UsageError&) {
  }
  return 0;
}
