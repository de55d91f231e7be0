#include "peek/peek.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "peek/chosen_rows.hpp"
#include "peek/result_files.hpp"
#include "peek/result_look.hpp"
#include "peek/rows/last_rows.hpp"
#include "peek/rows/row_reader.hpp"
#include "peek/rows/row_source.hpp"
#include "peek/rows/vector_row.hpp"
#include "peek/shown_row.hpp"

namespace infer {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 16U;

/// Text that is written some at a time.
class Lines {
 public:
  Lines(const std::function<bool(std::string_view)>& write, std::size_t columns)
      : write_(write), columns_(columns) {}

  void add(std::string_view json) {
    text_ += columns_ == 0 ? json : shown_row(json, columns_);
    text_ += '\n';
    if (text_.size() >= kWriteBytes || columns_ > 0) flush();
  }

  void flush() {
    if (!text_.empty() && is_open_) is_open_ = write_(text_);
    text_.clear();
  }

  bool is_open() const { return is_open_; }

 private:
  const std::function<bool(std::string_view)>& write_;
  std::size_t columns_;
  std::string text_;
  bool is_open_ = true;
};

/// Of all files, where each knows it before it is read.
std::optional<std::uint64_t> known_rows(const std::vector<ResultFile>& files) {
  std::uint64_t rows = 0;
  for (const auto& file : files) {
    const bool can_know = file.form == ResultForm::table || file.form == ResultForm::array;
    const auto known = can_know ? open_rows(file, RowUse::rows)->rows() : std::nullopt;
    if (!known) return std::nullopt;
    rows += *known;
  }
  return rows;
}

/// Where only the last rows are wanted, whatever they are: they are looked for without what stands before.
void go_to_tail(RowChoice& choice, std::vector<ResultFile>& files) {
  if (!choice.tail || choice != RowChoice{.tail = choice.tail}) return;
  if (const auto rows = known_rows(files)) {
    choice.begin = *rows - std::min(*rows, *std::exchange(choice.tail, std::nullopt));
  } else {
    keep_last_rows(files, *choice.tail);
  }
}

void choose_from_array(const RowBlock& block, bool is_float64, const RowChoice& choice, ChosenRows& chosen) {
  VectorRow row;
  std::string json;
  for (std::size_t i = 0; i < block.rows() && !chosen.is_over(); ++i) {
    if (!chosen.may_take()) {
      chosen.skip();
      continue;
    }
    json.clear();
    append_vector(json, block.vector(i), is_float64);
    chosen.add(json, choice.looks_into_rows() ? &row.read(block.vector(i)) : nullptr);
  }
}

void choose_from_lines(const RowBlock& block, RowReader& reader, const RowChoice& choice,
                       ChosenRows& chosen) {
  for (const auto line : block.lines) {
    if (chosen.is_over()) return;
    if (chosen.may_take()) {
      chosen.add(line, choice.looks_into_rows() ? reader.read(line) : nullptr);
    } else {
      chosen.skip();
    }
  }
}

void check_choice(const RowChoice& choice, const std::vector<ResultFile>& files) {
  for (const auto& file : files) {
    if (file.form != ResultForm::array || (choice.code.empty() && !choice.label)) continue;
    throw UsageError(
        "infer peek: the rows of " + file.path + " are vectors alone, without codes or labels; " +
        (file.errors.empty() ? "give another result" : "which records failed and why is in " + file.errors));
  }
}

/// What there is, where nothing was as wanted.
std::vector<std::string> why_nothing(const RowChoice& choice, const ChosenRows& chosen) {
  constexpr std::size_t kShown = 5;
  if (chosen.taken() > 0 || !choice.label) return {};
  std::string labels;
  for (const auto& each : chosen.labels().most_frequent(kShown))
    labels.append(labels.empty() ? "" : ", ").append(each.label);
  return {"no row has the label " + *choice.label +
          (labels.empty() ? "; they have no labels"
                          : "; there is " + labels + (chosen.labels().labels() > kShown ? ", ..." : ""))};
}

std::vector<std::string> show_rows(const PeekRequest& request,
                                   const std::function<bool(std::string_view)>& write) {
  auto all = result_files(request.files);
  auto choice = *request.rows;
  check_choice(choice, all.files);
  go_to_tail(choice, all.files);
  Lines lines(write, request.columns);
  const ChosenRows::Take take = [&](std::string_view json) { lines.add(json); };
  ChosenRows chosen(choice, take);
  for (const auto& file : all.files) {
    if (chosen.is_over() || !lines.is_open()) break;
    RowReader reader(file.is_flat());
    for_each_block(file, RowUse::rows, [&](const RowBlock& block, const RowSource& source) {
      block.width > 0 ? choose_from_array(block, source.dtype() == "float64", choice, chosen)
                      : choose_from_lines(block, reader, choice, chosen);
      return !chosen.is_over() && lines.is_open();
    });
  }
  chosen.end();
  lines.flush();
  auto notes = why_nothing(choice, chosen);
  std::ranges::move(all.notes, std::back_inserter(notes));
  return notes;
}

}  // namespace

std::vector<std::string> peek(const PeekRequest& request,
                              const std::function<bool(std::string_view)>& write) {
  if (request.files.empty())
    throw UsageError("infer peek needs a result, as in infer peek scores.jsonl; a folder of parts will do");
  if (request.rows && request.as_json)
    throw UsageError("infer peek --json sums up; rows are JSON as they are: leave it out");
  if (request.rows && request.rows->head && request.rows->tail)
    throw UsageError("infer peek --head and --tail are not both first and last: give one of them, or --row");
  if (request.rows) return show_rows(request, write);
  const auto look = sum_up(request.files);
  write(request.as_json ? summary_json(look, request.labels)
                        : summary_text(look, {request.labels, request.columns}));
  return {};
}

}  // namespace infer
