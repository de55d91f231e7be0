#include "writer/row_target.hpp"

#include <utility>

#include "base/error.hpp"
#include "writer/formed_file.hpp"

namespace infer {
namespace {

void write_stamped(OutputFile& file, const StampedText& source, const Counts& before) {
  if (source.stamps.empty()) return file.write(source.text);
  file.write(stamped(source, before));
}

Segment kept(const Checkpoint& from, std::size_t file) {
  return file < from.files.size() ? from.files[file] : Segment{};
}

void check_name(const OutputFile& file, Existing existing) {
  if (const auto problem = name_problem(file.path(), existing); !problem.empty()) throw RunError(problem);
}

}  // namespace

RowTarget::RowTarget(const OutputNames& names, const Checkpoint& from, OutputForm form,
                     const std::optional<RetryConfig>& retry, std::function<void()> on_progress, Rows rows)
    : form_(std::move(form)), rows_(rows), output_(names.output, kept(from, 0)) {
  if (names.errors) errors_.emplace(*names.errors, kept(from, 1));
  if (names.keys) keys_.emplace(*names.keys, form_.keys.value(), kept(from, errors_ ? 2 : 1));
  INFER_ASSERT(!keys_ || (!retry && rows == Rows::here));
  if (retry) splice_.emplace(*retry, output_, from.rows, from.source_bytes, std::move(on_progress));
}

bool RowTarget::open_pipes(const std::function<bool()>& is_over) {
  return output_.open_pipe(is_over) && (!errors_ || errors_->open_pipe(is_over));
}

void RowTarget::write(const EncodedChunk& chunk, const Counts& before) {
  if (rows_ == Rows::here) write_output(chunk, before);
  if (errors_) write_stamped(*errors_, chunk.errors, before);
}

void RowTarget::write_output(const EncodedChunk& chunk, const Counts& before) {
  if (splice_) return splice_->add(chunk, stamped(chunk.output, before));
  begin_output();
  if (chunk.output.text.empty()) return;
  const bool stays = chunk.output.stamps.empty();
  if (stays && (!form_.pack || chunk.is_packed)) return write_rows(chunk.output.text, chunk.keys);
  auto text = stamped(chunk.output, before);
  if (!chunk.is_packed) text = form_.packed(text);
  write_rows(text, chunk.keys);
}

void RowTarget::write_rows(std::string_view text, std::string_view keys) {
  output_.write(text);
  if (keys_) keys_->add(keys, text, output_.bytes());
}

void RowTarget::begin_output() {
  if (!form_.header || !output_.is_empty()) return;
  begin_rows(output_, form_);
}

void RowTarget::finish(std::uint64_t rows, std::uint64_t left_out) {
  if (rows_ == Rows::elsewhere) return;
  if (splice_) {
    splice_->finish();
  } else {
    begin_output();
  }
  end_rows(output_, form_, records(rows));
  if (keys_) keys_->finish(rows - left_out, output_.bytes());
}

std::vector<Segment> RowTarget::sync() {
  auto added = sync_others();
  added.insert(added.begin(), sync_output());
  return added;
}

std::vector<Segment> RowTarget::sync_others() {
  std::vector<Segment> added;
  if (errors_) added.push_back(errors_->sync());
  if (keys_) added.push_back(keys_->file().sync());
  return added;
}

void RowTarget::commit(Existing existing) {
  if (errors_) check_name(*errors_, existing);
  if (keys_) check_name(keys_->file(), existing);
  check_name(output_, existing);
  if (errors_) errors_->commit(existing);
  if (keys_) keys_->file().commit(existing);
  output_.commit(existing);
}

}  // namespace infer
