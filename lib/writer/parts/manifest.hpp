// What a complete folder of parts consists of, as the text of its manifest: a JSON object with a line per
// part. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "writer/journal/journal_text.hpp"

namespace infer {

/// A place in the input.
struct InputPlace {
  std::string file;
  std::uint64_t byte = 0;

  bool operator==(const InputPlace&) const = default;
};

struct ManifestPart {
  std::string file;  ///< its name in the folder
  std::uint64_t records = 0;
  std::uint64_t failed = 0;        ///< of these
  std::uint64_t rows = 0;          ///< in the file: of records that are not left out
  std::uint64_t first_record = 0;  ///< of the input, from 0
  InputPlace from;  ///< what it is of; small files that make one chunk: the first, and the last
  InputPlace to;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  ///< XXH3 of these

  bool operator==(const ManifestPart&) const = default;
};

/// What its parts add up to.
struct ManifestSum {
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;

  void add(const ManifestPart& part);
  bool operator==(const ManifestSum&) const = default;
};

struct ManifestHead {
  std::string version;             ///< of infer
  std::string format;              ///< of the parts: "jsonl.gz"
  std::uint64_t header_bytes = 0;  ///< at the begin of each part, before its rows
  std::vector<Fact> facts;         ///< what the rows are a function of
};

struct Manifest {
  std::string format;
  std::uint64_t header_bytes = 0;
  std::vector<ManifestPart> parts;
  ManifestSum sum;
};

// Its text is all of these, one after the other.

std::string manifest_begin(const ManifestHead& head);
std::string manifest_line(const ManifestPart& part, bool is_first);
std::string manifest_end(const ManifestSum& sum);

/// Takes any bytes. Empty for what is no manifest, is one of a later version, or contradicts itself; also
/// where a part's name leads out of its folder.
std::optional<Manifest> parse_manifest(std::string_view text);
/// Likewise, of one without its end.
std::optional<Manifest> parse_unfinished_manifest(std::string_view text);

}  // namespace infer
