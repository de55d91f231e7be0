// How far a run is, as one line of text. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "start/observer.hpp"

namespace infer {

double rate(double count, double seconds);

/// Three digits at least: "0.0342", "27.1", "12,346".
std::string rate_text(double per_second);

/// Of the input's bytes, in [0, 1], and until all are done; empty where nobody knows.
std::optional<double> share_done(const RunProgress& progress);
std::optional<double> seconds_left(const RunProgress& progress);

/// All that there is to say, however long it gets.
std::string progress_line(const RunProgress& progress);

/// What of it matters most, in so many columns; `coloured` adds what takes no column.
struct FittedLine {
  std::string text;
  std::size_t columns = 0;
};
FittedLine progress_line(const RunProgress& progress, std::size_t columns, bool coloured);

}  // namespace infer
