#include "start/agreed_input.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "comm/agreement.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

void check_same_file(const InputFile& file, std::uint64_t bytes, std::int64_t modified_ns) {
  if (bytes == file.bytes && modified_ns == file.modified_ns) return;
  throw UsageError("the input " + file.path + " is not the same file as on rank 0: " +
                   std::to_string(file.bytes) + " bytes here, " + std::to_string(bytes) + " there" +
                   (bytes == file.bytes ? ", changed at different times" : "") +
                   "; put it on a shared file system and let no one write to it");
}

std::vector<InputFile> stat_all(const InputOptions& input) {
  std::vector<InputFile> files;
  for (const auto& path : input.files) files.push_back(stat_input(path));
  return files;
}

}  // namespace

std::string serialize_input(std::span<const InputFile> files) {
  ByteWriter out;
  out.value(files.size());
  for (const auto& file : files) {
    out.value(file.bytes);
    out.value(file.modified_ns);
  }
  return as_text(std::move(out).take());
}

void check_input(const std::string& message, std::span<const InputFile> files) {
  ByteReader in(as_byte_view(message));
  if (const auto count = in.value<std::size_t>(); count != files.size())
    throw UsageError("there are " + std::to_string(files.size()) + " inputs here and " +
                     std::to_string(count) + " on rank 0; give every rank the same --input");
  for (const auto& file : files) {
    const auto bytes = in.value<std::uint64_t>();
    check_same_file(file, bytes, in.value<std::int64_t>());
  }
}

std::vector<InputFile> open_input(Channel& channel, const InputOptions& input) {
  std::vector<InputFile> files;
  agree(channel, Deadline(kSetupTimeout), [&] { files = stat_all(input); });
  const auto message =
      broadcast(channel, channel.rank() == 0 ? serialize_input(files) : "", Deadline(kSetupTimeout));
  agree(channel, Deadline(kSetupTimeout), [&] { check_input(message, files); });
  return files;
}

}  // namespace infer
