#include "model_file/package_facts.hpp"

#include <simdjson.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/error.hpp"

namespace infer::detail {
namespace {

namespace dom = simdjson::dom;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

std::string this_machine() {
  utsname name{};
  return uname(&name) == 0 ? name.machine : "";
}

std::string cpu_description() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {  // "flags" on x86, "Features" on ARM; all cores are alike
    if (line.starts_with("flags") || line.starts_with("Features")) return line;
  }
  return "";
}

/// /proc/cpuinfo's word for an instruction set of Inductor; empty for those that need no check.
std::string feature_name(const std::string& isa) {
  if (isa == "avx512") return "avx512f";
  return isa.starts_with("avx") || isa.starts_with("amx") || isa.starts_with("sve") ? isa : "";
}

bool is_leaf(const dom::element& node) { return node["type"].is_null(); }

/// The keys of a dictionary node stand in its context as JSON text.
std::vector<std::string> keys_of(const dom::element& node) {
  std::vector<std::string> keys;
  std::string_view type;
  std::string_view context;
  if (node["type"].get(type) != simdjson::SUCCESS || type != "builtins.dict") return keys;
  if (node["context"].get(context) != simdjson::SUCCESS) return keys;
  dom::parser parser;
  for (const dom::element key : dom::array(parser.parse(std::string(context)))) {
    keys.emplace_back(key.is_string() ? std::string_view(key) : std::string_view());
  }
  return keys;
}

void add_leaves(const dom::element& node, const std::string& name, std::vector<ModelArgument>& arguments) {
  if (is_leaf(node)) {
    arguments.push_back({name, false});
    return;
  }
  const auto keys = keys_of(node);
  std::size_t index = 0;
  for (const dom::element child : dom::array(node["children_spec"])) {
    add_leaves(child, index < keys.size() ? keys[index] : "", arguments);
    ++index;
  }
}

}  // namespace

PackageFacts parse_package_facts(std::string_view metadata, const std::filesystem::path& package) {
  try {
    dom::parser parser;
    const dom::object facts = parser.parse(simdjson::padded_string(metadata));
    const auto value = [&](const char* key) {
      const auto found = facts[key];
      return found.error() == simdjson::NO_SUCH_FIELD ? std::string() : std::string(std::string_view(found));
    };
    return {value("AOTI_DEVICE_KEY"), value("AOTI_CPU_ISA"), value("AOTI_MACHINE"),
            value("AOTI_COMPUTE_CAPABILITY")};
  } catch (const simdjson::simdjson_error& error) {
    throw UsageError(package.string() + ": cannot read what the package was compiled for: " + error.what() +
                     "; compile it again with this version of torch");
  }
}

PackageFacts read_package_facts(const ZipFile& file, const Archive& archive, const std::string& name) {
  const auto folder = archive.root + "data/aotinductor/" + name + "/";
  const auto member = std::ranges::find_if(archive.members, [&](const ZipMember& each) {
    return each.name.starts_with(folder) && each.name.ends_with("wrapper_metadata.json");
  });
  if (member == archive.members.end()) {
    throw UsageError(
        file.path().string() +
        ": the package does not say what it was compiled for (wrapper_metadata.json is missing); "
        "compile it again with this version of torch");
  }
  return parse_package_facts(read_zip_member(file, *member), file.path());
}

std::string missing_features(std::string_view isa, std::string_view cpuinfo) {
  std::istringstream has_words{std::string(cpuinfo)};
  const std::vector<std::string> has(std::istream_iterator<std::string>(has_words), {});
  std::istringstream wanted{std::string(isa)};
  std::string missing;
  for (std::string word; wanted >> word;) {
    const auto feature = feature_name(lower(word));
    if (feature.empty() || std::ranges::find(has, feature) != has.end()) continue;
    missing += (missing.empty() ? "" : " ") + word;
  }
  return missing;
}

void check_machine(const PackageFacts& facts, const std::filesystem::path& package) {
  const auto machine = this_machine();
  const std::string remedy = "; compile it on the oldest kind of machine that will run it";
  if (!facts.machine.empty() && facts.machine != machine) {
    throw UsageError(package.string() + ": compiled for " + facts.machine + ", but this is a " + machine +
                     remedy);
  }
  const auto missing = facts.device == "cpu" ? missing_features(facts.cpu_isa, cpu_description()) : "";
  if (missing.empty()) return;
  throw UsageError(package.string() + ": compiled for a CPU with " + facts.cpu_isa + ", but this CPU lacks " +
                   missing + remedy);
}

std::vector<ModelArgument> arguments_of_spec(std::string_view in_spec, const std::filesystem::path& package) {
  try {
    dom::parser parser;
    const auto spec = parser.parse(simdjson::padded_string(in_spec));
    std::vector<ModelArgument> arguments;
    add_leaves(spec.at(1), "", arguments);
    return arguments;
  } catch (const simdjson::simdjson_error& error) {
    throw UsageError(package.string() + ": cannot read the package's list of inputs: " + error.what() +
                     "; compile it again with this version of torch");
  }
}

}  // namespace infer::detail
