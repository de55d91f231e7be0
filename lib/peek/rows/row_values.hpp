// What one row of a result holds, whatever form it is written in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/task.hpp"

namespace infer {

/// "score", or "per_m2" of "outputs".
struct FieldName {
  std::string_view group;
  std::string_view name;

  std::string text() const {
    return group.empty() ? std::string(name) : std::string(group) + "." + std::string(name);
  }
};

/// Views are of what the row was read from.
struct RowValues {
  struct Number {
    FieldName field;
    double value = 0;  ///< NaN where the row has NaN or infinity
  };
  struct Label {
    FieldName field;
    std::string_view label;
  };
  struct Vector {
    FieldName field;
    std::size_t begin = 0;  ///< in `items`
    std::size_t end = 0;
  };
  struct Failure {
    std::string_view code;
    std::string_view message;
    std::string_view file;  ///< empty where the row does not say it
    std::uint64_t line = 0;
  };

  std::optional<Task> task;               ///< whose fields it has
  std::vector<std::string_view> carried;  ///< names of other fields
  std::vector<Number> numbers;
  std::vector<Label> labels;
  std::vector<Vector> vectors;
  std::vector<double> items;
  std::optional<Failure> failure;  ///< then the rest may be missing, or half there

  std::span<const double> of(const Vector& vector) const {
    return std::span(items).subspan(vector.begin, vector.end - vector.begin);
  }

  void clear() {
    task.reset();
    carried.clear();
    numbers.clear();
    labels.clear();
    vectors.clear();
    items.clear();
    failure.reset();
  }
};

}  // namespace infer
