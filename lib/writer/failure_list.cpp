#include "writer/failure_list.hpp"

#include <simdjson.h>

#include <fstream>
#include <functional>
#include <optional>

#include "base/error.hpp"

namespace infer {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

void for_each_line(const std::string& path,
                   const std::function<void(const std::string&, std::uint64_t)>& take) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(errno_message("--retry-errors: cannot open " + path));
  std::string line;
  for (std::uint64_t number = 0; std::getline(file, line); ++number) take(line, number);
  if (file.bad()) throw UsageError(errno_message("--retry-errors: cannot read " + path));
}

/// The last one of that name: fields that are passed through come first, and may be called so too.
element field(const object& fields, std::string_view name) {
  std::optional<element> found;
  for (const auto each : fields) {
    if (each.key == name) found = each.value;
  }
  if (!found) throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
  return *found;
}

FailedRecord read_error(const object& error, std::uint64_t row) {
  const std::string_view file = field(error, "file").get_string();
  return {std::string(file), field(error, "offset").get_uint64(), field(error, "line").get_uint64(), row};
}

std::vector<FailedRecord> from_errors_file(const std::string& path) {
  std::vector<FailedRecord> failures;
  simdjson::dom::parser parser;
  for_each_line(path, [&](const std::string& line, std::uint64_t number) {
    try {
      const object error = parser.parse(line).get_object();
      failures.push_back(read_error(error, field(error, "row").get_uint64()));
    } catch (const simdjson::simdjson_error& reason) {
      throw UsageError("--retry-errors: " + path + ":" + std::to_string(number + 1) +
                       " does not say which record failed (file, line, offset, row): " + reason.what() +
                       "; score the whole input anew with --overwrite");
    }
  });
  return failures;
}

/// A row that ends with an `error` object is a failed record; row k is record k.
std::vector<FailedRecord> from_output(const std::string& path) {
  std::vector<FailedRecord> failures;
  simdjson::dom::parser parser;
  for_each_line(path, [&](const std::string& line, std::uint64_t number) {
    if (line.find("\"error\":{") == std::string::npos) return;  // most rows are not worth parsing
    try {
      const object row = parser.parse(line).get_object();
      std::string_view last;
      for (const auto each : row) last = each.key;
      if (last == "error") failures.push_back(read_error(field(row, last).get_object(), number));
    } catch (const simdjson::simdjson_error&) {
      // no row of ours, or a field that was passed through and is called so
    }
  });
  return failures;
}

}  // namespace

std::vector<FailedRecord> read_failures(const OutputNames& names, bool in_place) {
  if (names.errors) return from_errors_file(*names.errors);
  if (in_place) return from_output(names.output);
  throw UsageError(
      "--retry-errors: with --on-error skip only the --errors file of that run tells what failed, and "
      "none is named");
}

}  // namespace infer
