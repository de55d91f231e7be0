#include "model_file/archive.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "model_file/pickle_head.hpp"

namespace infer::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSaveModule =
    "save the module itself, with its code: "
    "torch.jit.trace(model.eval(), example_inputs).save(\"model.pt\")";
constexpr std::string_view kSaveLoaded =
    "build the module in Python, model.load_state_dict(...), and save the module itself: "
    "torch.jit.trace(model.eval(), example_inputs).save(\"model.pt\")";
constexpr std::string_view kTasks =
    "text-classification, text-pair, embedding, token-classification or likelihood";
constexpr std::string_view kWanted = "a TorchScript model (.pt) or an AOTInductor package (.pt2) is needed";

[[noreturn]] void refuse(const fs::path& path, const std::string& what, std::string_view remedy) {
  throw UsageError(path.string() + ": " + what + "; " + std::string(remedy));
}

std::string quoted_stem(const fs::path& path, std::string_view suffix) {
  return "\"" + path.stem().string() + std::string(suffix) + "\"";
}

/// The command for a Hugging Face folder, or a name on the hub.
std::string export_command(const std::string& source, const std::string& task) {
  return "scripts/export_model.py --hf " + shell_word(source) + " --task " + task + " --out model.pt";
}

/// Of a folder, by the architecture that its config.json names.
std::string task_of(const fs::path& folder) {
  std::ifstream file(folder / "config.json", std::ios::binary);
  const std::string config{std::istreambuf_iterator<char>(file), {}};
  const auto has = [&](std::string_view part) { return config.find(part) != std::string::npos; };
  if (has("ForSequenceClassification\"")) return "text-classification";
  return has("ForTokenClassification\"") ? "token-classification" : "embedding";
}

bool is_hugging_face(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "config.json", error) ||
         fs::is_regular_file(folder / "modules.json", error);
}

[[noreturn]] void refuse_folder(const fs::path& path) {
  if (!is_hugging_face(path)) refuse(path, "this is a folder, not a model file", kWanted);
  refuse(path, "this is a Hugging Face folder, which only Python can load",
         "make a model file of it: " + export_command(path.string(), task_of(path)));
}

/// "bert-base-uncased", "org/name": what is no file, and may be a name on the hub.
bool may_be_hub_name(const fs::path& path) {
  const auto text = path.string();
  const bool has_suffix =
      path.extension() == ".pt" || path.extension() == ".pt2" || path.extension() == ".pth";
  std::error_code error;
  return !text.starts_with('/') && !text.starts_with('.') && std::ranges::count(text, '/') < 2 &&
         !has_suffix && !(path.has_parent_path() && fs::exists(path.parent_path(), error));
}

[[noreturn]] void refuse_hub_name(const fs::path& path) {
  throw UsageError(errno_message("cannot open the model " + path.string(), ENOENT) +
                   "; check the name, or, if it is one on the Hugging Face hub, make a model file of it: " +
                   export_command(path.string(), "TASK") + ", TASK being " + std::string(kTasks));
}

/// Of the weights of a folder, and of weights alone.
[[noreturn]] void refuse_safetensors(const fs::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  refuse(path, "this is a safetensors file, which holds weights but no code to run them",
         is_hugging_face(folder)
             ? "make a model file of its folder: " + export_command(folder.string(), task_of(folder))
             : std::string(kSaveLoaded) + ", or, of a Hugging Face folder, " +
                   export_command("FOLDER", "TASK") + ", TASK being " + std::string(kTasks));
}

/// The header's length, in 8 bytes, and the header: JSON.
bool is_safetensors(std::string_view head) {
  constexpr std::string_view kNoHeaderIsLonger("\0\0\0\0{", 5);
  constexpr std::size_t kHigherBytes = 4;
  return head.substr(std::min(head.size(), kHigherBytes)).starts_with(kNoHeaderIsLonger);
}

[[noreturn]] void refuse_pickle(const fs::path& path, const PickleHead& head) {
  switch (head.kind) {
    case PickleKind::ordered_dict:
      refuse(path, "this is a state_dict, which holds weights but no code to run them", kSaveLoaded);
    case PickleKind::dict:
      refuse(path, "this is a checkpoint (a dictionary), which holds weights but no code to run them",
             kSaveLoaded);
    case PickleKind::tensor: refuse(path, "this is a saved tensor, not a model", kWanted);
    case PickleKind::module:
      refuse(path, "this is a pickled " + head.class_name + " (torch.save), which only Python can run",
             kSaveModule);
    case PickleKind::other: break;
  }
  refuse(path, "this is a file of torch.save, which only Python can read", kSaveModule);
}

[[noreturn]] void refuse_exported_program(const fs::path& path) {
  refuse(path, "this is an exported program (torch.export.save), which is not compiled yet",
         "compile it: torch._inductor.aoti_compile_and_package(torch.export.load(" +
             quoted_stem(path, ".pt2") + "), package_path=" + quoted_stem(path, "_aoti.pt2") + ")");
}

/// The names N of the members data/aotinductor/N/...
std::set<std::string> package_names(const std::vector<std::string>& members) {
  constexpr std::string_view kFolder = "data/aotinductor/";
  std::set<std::string> names;
  for (const auto& member : members) {
    const auto end = member.find('/', kFolder.size());
    if (member.starts_with(kFolder) && end != std::string::npos) {
      names.insert(member.substr(kFolder.size(), end - kFolder.size()));
    }
  }
  return names;
}

bool has_member_under(const std::vector<std::string>& members, std::string_view folder) {
  return std::ranges::any_of(members, [&](const auto& member) { return member.starts_with(folder); });
}

/// The one folder that PyTorch puts everything into.
std::string root_of(const std::vector<ZipMember>& members) {
  return members.empty() ? "" : members[0].name.substr(0, members[0].name.find('/')) + "/";
}

/// The names below the root; throws when there are others.
std::vector<std::string> names_in_root(const fs::path& path, const std::vector<ZipMember>& members,
                                       const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& member : members) {
    if (!member.name.starts_with(folder))
      refuse(path, "this is a zip file, but not one that PyTorch wrote, or it is damaged", kWanted);
    names.push_back(member.name.substr(folder.size()));
  }
  return names;
}

PickleHead head_of_pickle(const ZipFile& file, const ZipMember& pickle) {
  constexpr std::size_t kEnough = 4096;
  return pickle.compressed ? PickleHead{} : read_pickle_head(read_zip_head(file, pickle, kEnough));
}

Archive examine_zip(const ZipFile& file) {
  const auto& path = file.path();
  auto members = read_zip_directory(file);
  const auto root = root_of(members);
  const auto names = names_in_root(path, members, root);
  const auto has = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (!has("version") && !has(".data/version"))
    refuse(path, "this is a zip file, but not one that PyTorch wrote, or it is damaged", kWanted);
  const auto packages = package_names(names);
  if (!packages.empty())
    return {ModelFormat::aotinductor, {packages.begin(), packages.end()}, root, std::move(members)};
  const auto pickle = std::ranges::find(names, "data.pkl");
  if (pickle != names.end() && has_member_under(names, "code/"))
    return {ModelFormat::torchscript, {}, root, std::move(members)};
  if (has_member_under(names, "models/") || has("serialized_exported_program.json")) {
    refuse_exported_program(path);
  }
  if (pickle == names.end()) refuse(path, "this is a zip file without a model", kWanted);
  refuse_pickle(path, head_of_pickle(file, members[static_cast<std::size_t>(pickle - names.begin())]));
}

[[noreturn]] void refuse_other(const fs::path& path, std::string_view head) {
  if (is_safetensors(head)) refuse_safetensors(path);
  constexpr std::string_view kLegacyTorch = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46";
  if (head.starts_with(kLegacyTorch)) {
    refuse(path, "this is a file of torch.save in the format before PyTorch 1.6, which only Python can read",
           kSaveModule);
  }
  if (head.starts_with('\x80'))
    refuse(path, "this is a Python pickle, which only Python can read", kSaveModule);
  if (head.size() > 2 && head[0] == '\x08' && head[2] == '\x12') {
    refuse(path, "this looks like an ONNX model, which LibTorch does not run", kSaveModule);
  }
  refuse(path, "this is not a PyTorch model file", kWanted);
}

}  // namespace

const ZipMember* Archive::find(std::string_view name) const {
  const auto full = root + std::string(name);
  const auto member = std::ranges::find(members, full, &ZipMember::name);
  return member == members.end() ? nullptr : &*member;
}

ZipFile open_archive(const fs::path& path) {
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::directory) refuse_folder(path);
  if (error == std::errc::no_such_file_or_directory && may_be_hub_name(path)) refuse_hub_name(path);
  return ZipFile(path);
}

Archive examine_archive(const ZipFile& file) {
  constexpr std::uint64_t kHeadBytes = 64;
  const auto head = file.read(0, static_cast<std::size_t>(std::min(file.bytes(), kHeadBytes)));
  if (head.empty()) refuse(file.path(), "the file is empty", "copy or save it again");
  if (head.starts_with("PK\x03\x04")) return examine_zip(file);
  refuse_other(file.path(), head);
}

}  // namespace infer::detail
