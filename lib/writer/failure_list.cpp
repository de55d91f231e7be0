#include "writer/failure_list.hpp"

#include <simdjson.h>

#include <fstream>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "writer/splice/earlier_pieces.hpp"

namespace infer {
namespace {

namespace od = simdjson::ondemand;

using TakeFailed = std::function<void(const FailedRecord&)>;

constexpr std::string_view kErrorBegin =
    "\"error\":{";  ///< as encoder.cpp writes it; most rows are not worth parsing

void for_each_line(const std::string& path,
                   const std::function<void(const std::string&, std::uint64_t)>& take) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(errno_message("--retry-errors: cannot open " + path));
  std::string line;
  for (std::uint64_t number = 0; std::getline(file, line); ++number) take(line, number);
  if (file.bad()) throw UsageError(errno_message("--retry-errors: cannot read " + path));
}

/// What an error says of its record: of a name that comes twice, the last, since fields that are passed
/// through come first and may be called so too.
struct ErrorFields {
  std::optional<std::string> file;
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> line;
  std::optional<std::uint64_t> row;

  void take(std::string_view key, od::value value) {
    if (key == "file") {
      std::string_view text;
      file = value.get_string().get(text) ? std::nullopt : std::optional(std::string(text));
    } else if (auto* number = key == "offset" ? &offset
                              : key == "line" ? &line
                              : key == "row"  ? &row
                                              : nullptr) {
      std::uint64_t digits = 0;
      *number = value.get_uint64().get(digits) ? std::nullopt : std::optional(digits);
    }
  }

  bool is_whole() const { return file && offset && line && row; }
};

/// Walks as the decoder does, which let these values through: the other parser of simdjson refuses whole
/// numbers of 20 digits.
template <class Take>
void for_each_field(od::object object, const Take& take) {
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    take(key, field.value());
  }
}

ErrorFields read_error(od::object object) {
  ErrorFields fields;
  for_each_field(object, [&](std::string_view key, od::value value) { fields.take(key, value); });
  return fields;
}

/// Of an output row, what its error says; nothing when it is no failed one. Our own error is its last field.
std::optional<ErrorFields> error_of_row(od::object object, std::uint64_t row) {
  std::optional<ErrorFields> fields;
  for_each_field(object, [&](std::string_view key, od::value value) {
    fields.reset();
    od::object error;
    if (key != "error" || value.get_object().get(error)) return;
    fields = read_error(error);
    fields->row = row;
  });
  return fields;
}

/// Throws simdjson_error for what is no object.
template <class Read>
auto read_line(od::parser& parser, const std::string& line, const Read& read) {
  const simdjson::padded_string padded(line);
  od::document document = parser.iterate(padded);
  auto fields = read(document.get_object());
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    throw simdjson::simdjson_error(simdjson::TRAILING_CONTENT);
  return fields;
}

[[noreturn]] void refuse(const std::string& path, std::uint64_t line, const std::string& reason) {
  throw UsageError("--retry-errors: " + path + ":" + std::to_string(line + 1) +
                   " does not say which record failed (file, line, offset, row): " + reason +
                   "; score the whole input anew with --overwrite");
}

FailedRecord whole(const ErrorFields& fields, const std::string& path, std::uint64_t line) {
  if (!fields.is_whole()) refuse(path, line, "one of these is missing, or is of another type");
  return {*fields.file, *fields.offset, *fields.line, *fields.row};
}

void from_errors_file(const std::string& path, const TakeFailed& take) {
  od::parser parser;
  for_each_line(path, [&](const std::string& line, std::uint64_t number) {
    try {
      take(whole(read_line(parser, line, read_error), path, number));
    } catch (const simdjson::simdjson_error& reason) {
      refuse(path, number, reason.what());
    }
  });
}

void for_each_packed_line(const std::string& path, const PieceForm& form,
                          const std::function<void(const std::string&, std::uint64_t)>& take) {
  RetryConfig config;
  config.pieces = form;
  EarlierPieces pieces({path}, config);
  std::uint64_t number = 0;
  while (const auto piece = pieces.next()) {
    for (std::uint64_t row = 0; row < piece->rows; ++row) {
      auto line = std::string(piece->row(row));
      if (line.ends_with('\n')) line.pop_back();
      take(line, number++);
    }
  }
}

/// A row that ends with an `error` object is a failed record; row k is the file's record k.
void from_output(const ErrorRows::File& file, const std::optional<PieceForm>& pieces,
                 const TakeFailed& take) {
  od::parser parser;
  const auto take_line = [&](const std::string& line, std::uint64_t number) {
    if (line.find(kErrorBegin) == std::string::npos) return;
    try {
      const auto error = read_line(
          parser, line, [&](od::object object) { return error_of_row(object, file.first_record + number); });
      if (error) take(whole(*error, file.path, number));
    } catch (const simdjson::simdjson_error& reason) {
      refuse(file.path, number, reason.what());
    }
  };
  if (!pieces) return for_each_line(file.path, take_line);
  try {
    for_each_packed_line(file.path, *pieces, take_line);
  } catch (const RunError& error) {
    throw UsageError(std::string("--retry-errors: ") + error.what());
  }
}

}  // namespace

bool is_error_row(std::string_view row) {
  if (!row.ends_with("}}\n") || row.find(kErrorBegin) == std::string_view::npos) return false;
  od::parser parser;
  try {
    return read_line(parser, std::string(row), [](od::object object) { return error_of_row(object, 0); })
        .has_value();
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

void read_failures(const std::optional<std::string>& errors, const std::optional<ErrorRows>& rows,
                   const TakeFailed& take) {
  if (errors) return from_errors_file(*errors, take);
  if (rows) {
    for (const auto& file : rows->files) from_output(file, rows->pieces, take);
    return;
  }
  throw UsageError(
      "--retry-errors: with --on-error skip only the --errors file of that run tells what failed, and "
      "none is named");
}

}  // namespace infer
