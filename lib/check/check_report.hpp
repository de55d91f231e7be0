// The lines of a check as text: a table for people, an object for programs. Pure.
#pragma once

#include <span>
#include <string>

#include "check/check_line.hpp"

namespace infer {

/// What stands above the table's lines; with its newline, as the next.
std::string table_head();
std::string table_row(const CheckLine& line);

/// {"verdict": the heaviest, "lines": [{"name", "verdict", "found", "remedy"}]}, with a newline.
std::string check_json(std::span<const CheckLine> lines);

}  // namespace infer
