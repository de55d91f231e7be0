#include "start/agreed_input.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/message.hpp"
#include "comm/agreement.hpp"
#include "reader/frames.hpp"
#include "reader/header_look.hpp"
#include "reader/images/input_list.hpp"
#include "reader/named_inputs.hpp"
#include "reader/tables/table_rows.hpp"
#include "start/setup_timeout.hpp"

namespace infer {

template <class Archive, MaybeConst<InputFile> Value>
void fields(Archive& all, Value& file) {
  all(file.path, file.bytes, file.modified_ns, file.kind, file.frames, file.format, file.rows);
}

namespace {

void check_same_file(const InputFile& file, const InputFile& root) {
  if (root.bytes == file.bytes && root.modified_ns == file.modified_ns) return;
  throw UsageError("the input " + file.path + " is not the same file as on rank 0: " +
                   std::to_string(file.bytes) + " bytes here, " + std::to_string(root.bytes) + " there" +
                   (root.bytes == file.bytes ? ", changed at different times" : "") +
                   "; put it on a shared file system and let no one write to it");
}

/// The first of `files` that `others` have not.
std::optional<std::string> first_missing(std::span<const InputFile> files,
                                         std::span<const InputFile> others) {
  std::set<std::string_view> paths;
  for (const auto& other : others) paths.insert(other.path);
  const auto found =
      std::ranges::find_if(files, [&](const auto& file) { return !paths.contains(file.path); });
  return found == files.end() ? std::nullopt : std::optional(found->path);
}

/// The same names may stand for other files there.
void check_same_names(std::span<const InputFile> root, std::span<const InputFile> files) {
  if (std::ranges::equal(root, files, {}, &InputFile::path, &InputFile::path)) return;
  const std::string remedy = "; give every rank the same --input, on a shared file system";
  if (const auto path = first_missing(root, files))
    throw UsageError("the input " + *path + " is on rank 0, but not here" + remedy);
  if (const auto path = first_missing(files, root))
    throw UsageError("the input " + *path + " is here, but not on rank 0" + remedy);
  throw UsageError("there are " + std::to_string(files.size()) + " inputs here and " +
                   std::to_string(root.size()) + " on rank 0" + remedy);
}

std::vector<InputFile> stat_all(const InputOptions& input) {
  InputList list(input.input_format);
  for (const auto& given : input.files) {
    const auto names = named_inputs(given);
    if (list.take_pictures(given, names)) continue;
    for (const auto& name : names) list.add(stat_input(name, input.input_format));
  }
  return list.take();
}

}  // namespace

std::string serialize_input(std::span<const InputFile> files) {
  return as_text(to_message(std::vector(files.begin(), files.end())));
}

std::vector<InputFile> parse_input(const std::string& message) {
  return from_message<std::vector<InputFile>>(as_byte_view(message));
}

void check_input(std::span<const InputFile> root, std::span<const InputFile> files) {
  check_same_names(root, files);
  for (std::size_t i = 0; i < files.size(); ++i) check_same_file(files[i], root[i]);
}

void look_into(std::vector<InputFile>& files, const InputOptions& input) {
  for (auto& file : files) {
    find_frames(file);
    find_rows(file);
    look_at_header(file, input.max_record_bytes);
  }
}

ImageRoot image_root(const InputFile& file, const InputOptions& input) {
  if (file.kind == InputKind::images) return {"", false};  // they were named by who started the run
  const auto own = file.kind == InputKind::tar ? file.path : "";
  if (!input.image_root.empty()) return {input.image_root, !input.images_anywhere, own};
  const auto folder = file.stays() ? std::filesystem::path(file.path).parent_path().string() : "";
  return {folder, !input.images_anywhere, own};
}

RunConfig with_inputs(RunConfig config, std::span<const InputFile> files) {
  auto& input = config.input;
  input.files.clear();
  input.image_roots.clear();
  for (const auto& file : files) {
    input.files.push_back(file.kind == InputKind::standard_input ? "-" : file.path);
    input.image_roots.push_back(image_root(file, input));
  }
  return config;
}

std::vector<InputFile> open_input(Channel& channel, const InputOptions& input) {
  std::vector<InputFile> files;
  agree_with_root(channel, Deadline(kSetupTimeout), [&] {
    files = stat_all(input);
    look_into(files, input);
  });
  const auto of_root =
      broadcast(channel, channel.rank() == 0 ? serialize_input(files) : "", Deadline(kSetupTimeout));
  if (channel.rank() != 0) files = parse_input(of_root);
  agree(channel, Deadline(kSetupTimeout), [&] {
    if (channel.rank() != 0 && !is_stream(files)) check_input(files, stat_all(input));
  });
  return files;
}

}  // namespace infer
