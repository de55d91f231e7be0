// A summary as a program reads it.
#include <string_view>

#include "json/json_writer.hpp"
#include "peek/result_look.hpp"

namespace infer {
namespace {

constexpr std::size_t kBins = 10;
constexpr std::size_t kMostDimensions = 1000;

const auto append_text = [](std::string& out, const std::string& text) { append_json_string(out, text); };

void append_failures(std::string& out, const CodeFailures& failures) {
  JsonMembers all(out);
  all.text("code", failures.code);
  all.number("rows", failures.rows);
  append_list(all.begin("first"), failures.first, append_text);
  all.end();
}

void append_label(std::string& out, const LabelCount& label) {
  JsonMembers all(out);
  all.text("label", label.label);
  all.number("count", label.count);
  all.end();
}

void append_bin(std::string& out, const HistogramBin& bin) {
  JsonMembers all(out);
  all.real("begin", bin.begin);
  all.real("end", bin.end);
  all.real("share", bin.share);
  all.end();
}

void add_range(JsonMembers& all, const NumberColumn& numbers) {
  all.real("min", numbers.least());
  all.real("mean", numbers.mean());
  all.real("max", numbers.most());
}

void append_numbers(std::string& out, const SummaryColumn<NumberColumn>& column) {
  const auto& numbers = column.column;
  JsonMembers all(out);
  all.text("field", column.text());
  all.number("count", numbers.count());
  all.number("non_finite", numbers.non_finite());
  all.flag("sampled", numbers.is_sampled());
  if (numbers.count() > 0) {
    add_range(all, numbers);
    const auto quartiles = numbers.quartiles();
    append_list(all.begin("quartiles"), quartiles,
                [](std::string& to, double value) { to += number_text(value); });
    append_list(all.begin("histogram"), numbers.histogram(kBins), append_bin);
  }
  all.end();
}

void append_vectors(std::string& out, const SummaryColumn<VectorColumn>& column) {
  const auto& vectors = column.column;
  JsonMembers all(out);
  all.text("field", column.text());
  all.number("count", vectors.count());
  all.number("least_width", vectors.least_width());
  all.number("most_width", vectors.most_width());
  all.number("zero", vectors.zero());
  all.number("non_finite", vectors.non_finite());
  all.number("repeated", vectors.repeats().repeated());
  all.number("different", vectors.repeats().different());
  all.flag("exact", vectors.repeats().is_exact());
  if (vectors.norms().count() > 0) {
    JsonMembers norm(all.begin("norm"));
    add_range(norm, vectors.norms());
    norm.end();
  }
  auto constant = vectors.constant();
  all.number("constant_dimensions", constant.size());
  constant.resize(std::min(constant.size(), kMostDimensions));
  append_list(all.begin("constant"), constant,
              [](std::string& to, std::size_t dimension) { append_number(to, std::uint64_t{dimension}); });
  all.end();
}

void add_rows(JsonMembers& all, const Summary& summary) {
  JsonMembers rows(all.begin("rows"));
  rows.number("rows", summary.rows());
  rows.number("ok", summary.ok());
  rows.number("failed", summary.failed());
  rows.number("unreadable", summary.unreadable());
  append_list(rows.begin("failed_by_code"), summary.failures(), append_failures);
  append_list(rows.begin("unreadable_first"), summary.unreadable_rows().first, append_text);
  rows.end();
}

}  // namespace

std::string summary_json(const ResultLook& look, std::size_t labels) {
  const auto& summary = look.summary;
  std::string out;
  JsonMembers all(out);
  all.text("schema", "infer-peek");
  all.number("version", 1);
  append_list(all.begin("names"), look.names, append_text);
  all.text("form", form_names(look.files));
  all.number("files", look.files.size());
  all.flag("finished", look.is_finished);
  append_list(all.begin("notes"), look.notes, append_text);
  if (!look.dtype.empty()) all.text("dtype", look.dtype);
  add_rows(all, summary);
  if (summary.task()) all.text("task", task_name(*summary.task()));
  append_list(all.begin("copied_fields"), summary.carried(), append_text);
  const auto append_labels = [&](std::string& to, const SummaryColumn<LabelCounts>& column) {
    JsonMembers field(to);
    field.text("field", column.text());
    field.number("total", column.column.total());
    field.number("labels", column.column.labels());
    field.number("too_late", column.column.others());
    append_list(field.begin("most_frequent"), column.column.most_frequent(labels), append_label);
    field.end();
  };
  append_list(all.begin("labels"), summary.labels(), append_labels);
  append_list(all.begin("numbers"), summary.numbers(), append_numbers);
  append_list(all.begin("vectors"), summary.vectors(), append_vectors);
  all.end();
  return out + '\n';
}

}  // namespace infer
