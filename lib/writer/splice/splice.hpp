// --retry-errors: what puts new rows into their places among the rows of an earlier output.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "record/selection.hpp"

namespace infer {

/// A record that was scored again.
struct NewRow {
  std::uint64_t record = 0;  ///< of the whole input
  std::string_view text{};   ///< its row; empty where it is left out
  bool failed = false;
};

/// Thread-compatible. What fails throws RunError.
class Splice {
 public:
  static constexpr auto kEnd = std::numeric_limits<std::uint64_t>::max();

  Splice() = default;
  Splice(const Splice&) = delete;
  Splice& operator=(const Splice&) = delete;
  virtual ~Splice() = default;

  /// Records rise.
  virtual void put(const NewRow& row) = 0;
  /// Takes over what there is before this record, or all for kEnd; what is in pieces as far as whole ones
  /// are.
  virtual void take_over_until(std::uint64_t record) = 0;
  /// This record is the next one to be put: ends what it has no place in.
  virtual void go_on_to(std::uint64_t /*record*/) {}
  /// Behind the last one.
  virtual void finish() { take_over_until(kEnd); }
  /// Before anything else: the first `done` records were put by an earlier attempt, and `next` is to be.
  virtual void pass_over(const Selection& /*selected*/, std::uint64_t /*done*/, std::uint64_t /*next*/) {}
  /// Nothing that was put waits for what comes behind it: another run can go on from here.
  virtual bool is_between() const { return true; }

  /// What stands before the rows of the earlier output, as the file has it.
  virtual std::string header() const { return {}; }
  /// Bytes of the earlier output that are taken over, where another run needs to know.
  virtual std::uint64_t position() const { return 0; }
  /// After take_over_until(kEnd): of the whole input.
  virtual std::uint64_t records() const = 0;
  /// What was written has its name: removes what it replaces.
  virtual void remove_replaced() const {}
};

namespace detail {

[[noreturn]] void refuse_missing_row(const std::string& output, std::uint64_t rows, std::uint64_t row);
/// `what`: "is one", of a failed record, where it should not be, or "is not one".
[[noreturn]] void refuse_row_kind(const std::string& output, std::uint64_t row, const std::string& what);

}  // namespace detail
}  // namespace infer
