#include "start/reuse/earlier_rows.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/error.hpp"
#include "encoder/output_packing.hpp"
#include "keys/keys_path.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> parts_of(const std::string& folder) {
  std::ifstream file(manifest_path(folder), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto manifest = parse_manifest(text);
  if (!manifest)
    throw UsageError(
        "--reuse: the folder " + folder +
        " is no complete output: its manifest.json is missing or damaged; name a folder that a run "
        "with --output-dir and --keys has finished, or its files");
  std::vector<std::string> parts;
  for (const auto& part : manifest->parts) parts.push_back(folder + "/" + part.file);
  return parts;
}

}  // namespace

std::vector<std::string> reused_outputs(const std::vector<std::string>& outputs) {
  std::vector<std::string> files;
  for (const auto& output : outputs) {
    std::error_code unknown;
    const bool is_folder = fs::is_directory(output, unknown);
    for (const auto& file : is_folder ? parts_of(output) : std::vector{output}) {
      if (!fs::exists(keys_path(file), unknown))
        throw UsageError("--reuse: " + file + " has no keys: there is no " + file +
                         ".keys, which a run with --keys leaves beside its output");
      files.push_back(file);
    }
  }
  return files;
}

std::vector<std::string> key_differences(const std::vector<KeyFact>& then, const std::vector<KeyFact>& now) {
  constexpr const char* kNone = "not there";
  std::vector<std::string> texts;
  for (const auto& fact : now) {
    const auto same = std::ranges::find(then, fact.name, &KeyFact::name);
    const std::string before = same == then.end() ? kNone : same->value;
    if (before != fact.value) texts.push_back(fact.name + ": " + before + " then, " + fact.value + " now");
  }
  for (const auto& fact : then) {
    if (std::ranges::find(now, fact.name, &KeyFact::name) == now.end())
      texts.push_back(fact.name + ": " + fact.value + " then, " + kNone + " now");
  }
  return texts;
}

ReuseSource reuse_source(const std::string& output, const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  ReuseSource source{output, keys_path(output)};
  if (format.row_bytes != nullptr) source.row_bytes = format.row_bytes(encoder.rows);
  source.is_quoted = format.is_flat && format.unpack == nullptr;
  if (const auto* packing = output_packing(output)) {
    source.unpack = packing->unpack;
  } else if (format.unpack != nullptr) {
    source.unpack = [&format, rows = encoder.rows](std::string_view piece) {
      return UnpackedPiece{format.unpack(rows, piece), piece.size()};
    };
  }
  return source;
}

}  // namespace infer
