#include <utility>

#include "peek/result_look.hpp"
#include "peek/rows/row_reader.hpp"
#include "peek/rows/row_source.hpp"
#include "peek/rows/vector_row.hpp"

namespace infer {
namespace {

void add_array(const RowBlock& block, Summary& summary) {
  VectorRow row;
  for (std::size_t i = 0; i < block.rows(); ++i) {
    const auto& values = row.read(block.vector(i));
    values.failure ? summary.add_failed() : summary.add(values);
  }
}

/// Of a file whose run says how many rows it must have.
void compare_with_run(const ResultFile& file, std::uint64_t rows, ResultLook& look) {
  if (!file.run || rows == file.run->records) return;
  const auto said =
      std::to_string(file.run->records) + " records, " + std::to_string(file.run->failed) + " failed";
  const bool is_skipped = rows + file.run->failed == file.run->records;
  look.notes.push_back(file.path + ".run tells of " + said +
                       (is_skipped ? ", which have no row (--on-error skip)"
                                   : ": " + file.path + " is not as the run left it"));
}

void add_file(const ResultFile& file, ResultLook& look) {
  RowReader reader(file.is_flat());
  for_each_block(file, RowUse::summary, [&](const RowBlock& block, const RowSource& source) {
    if (!source.dtype().empty()) look.dtype = source.dtype();
    if (block.width > 0) {
      add_array(block, look.summary);
      return true;
    }
    for (std::size_t i = 0; i < block.lines.size(); ++i) {
      const auto* row = reader.read(block.lines[i], block.embedding(i));
      if (row != nullptr) {
        look.summary.add(*row);
      } else {
        const bool says_why = file.form == ResultForm::cells;  // csv_lines.hpp
        look.summary.add_unreadable(says_why ? std::string(block.lines[i]) : reader.problem());
      }
    }
    return true;
  });
}

/// Of rows that do not say why they failed.
void explain_failures(ResultLook& look) {
  ResultLook errors;
  std::string names;
  for (const auto& file : look.files) {
    if (file.errors.empty()) continue;
    ResultFile list{file.errors};
    list.bytes = file.errors_bytes;
    list.is_finished = file.is_finished;
    add_file(list, errors);
    names.append(names.empty() ? "" : ", ").append(file.errors);
  }
  if (!names.empty() && !look.summary.explain(errors.summary))
    look.notes.push_back(names + " lists " + std::to_string(errors.summary.failed()) +
                         " failed records: it is of another result");
}

}  // namespace

ResultLook sum_up(const std::vector<std::string>& paths) {
  auto all = result_files(paths);
  ResultLook look{paths, std::move(all.files), all.is_finished, std::move(all.notes), {}, {}};
  for (const auto& file : look.files) {
    const auto before = look.summary.rows();
    add_file(file, look);
    compare_with_run(file, look.summary.rows() - before, look);
  }
  explain_failures(look);
  return look;
}

}  // namespace infer
