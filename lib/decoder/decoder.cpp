#include "decoder/decoder.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "decoder/carried_fields.hpp"
#include "decoder/chunk_columns.hpp"
#include "decoder/field_readers.hpp"
#include "decoder/field_tree.hpp"
#include "decoder/input_fields.hpp"
#include "decoder/plain_fields.hpp"
#include "decoder/record_walk.hpp"
#include "decoder/reuse/known_rows.hpp"

namespace infer {
namespace {

std::vector<JsonPath> split_all(const std::vector<std::string>& paths) {
  std::vector<JsonPath> split;
  for (const auto& path : paths) split.push_back(split_json_path(path));
  return split;
}

std::vector<JsonPath> unfed_paths(const Signature& signature) {
  std::vector<JsonPath> paths;
  for (const auto& argument : signature.unfed) paths.push_back(argument.path);
  return paths;
}

void set_place(Row& row, const RawRecord& record) {
  row.line = record.line;
  row.number = record.number;
  row.offset = record.offset;
  row.file = record.file;
}

/// Whether rows need the chunk's buffer.
bool is_read_on(const RowTable& table) { return std::ranges::any_of(table.rows, &Row::is_carried_as_read); }

}  // namespace

/// Adds a row, and an example where there is one, for each record of the chunk under way.
class Decoder::Assembly {
 public:
  explicit Assembly(DecoderConfig config);
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;
  DecodedChunk decode(const RawChunk& chunk);

 private:
  void decode_row(const RawChunk& chunk, const RawRecord& record);
  std::optional<RecordError> read(const RawChunk& chunk, const RawRecord& record, Row& row);

  DecoderConfig config_;
  DecodedChunk out_;  // the chunk under way
  detail::InputFields inputs_;
  detail::PlainFields plain_{inputs_};
  detail::CarriedFields carried_;
  detail::RecordWalk walk_;
  detail::KnownRows known_;
};

Decoder::Assembly::Assembly(DecoderConfig config)
    : config_(std::move(config)),
      inputs_(
          detail::make_field_readers(config_.signature, config_.tokenizer, config_.images, config_.nvjpeg),
          out_),
      carried_(config_.carried),
      walk_(make_field_tree(inputs_.paths(), split_all(config_.carried), unfed_paths(config_.signature)),
            config_.signature, inputs_, carried_),
      known_(config_.reuse) {}

DecodedChunk Decoder::Assembly::decode(const RawChunk& chunk) {
  const Stopwatch watch;
  out_ = {};
  out_.table.range = chunk.range;
  out_.table.digest = chunk.digest;
  out_.table.lines = chunk.lines;
  out_.table.before = chunk.before;
  out_.has_cells = chunk.has_cells;
  out_.table.rows.reserve(chunk.records.size());
  plain_.begin_chunk(chunk);
  known_.begin_chunk(chunk.records.size());
  out_.inputs = detail::make_columns(config_.signature.inputs, chunk);
  for (const auto& record : chunk.records) decode_row(chunk, record);
  out_.work.read_ns = chunk.read_ns;
  out_.work.decode_ns = watch.elapsed_ns();
  return std::move(out_);
}

void Decoder::Assembly::decode_row(const RawChunk& chunk, const RawRecord& record) {
  auto& row = out_.table.rows.emplace_back();
  set_place(row, record);
  inputs_.begin_record();
  carried_.begin_record();
  row.error = read(chunk, record, row);
  const bool is_known = !row.error && known_.find(inputs_, row, out_.work);
  known_.add_other_keys(row.error ? nullptr : &inputs_, out_.other_keys);
  if (!row.error && !is_known) row.error = inputs_.append();
  if (!row.is_carried_as_read) carried_.append(out_.table, row, chunk.has_cells);
  if (row.error || is_known) return detail::drop_incomplete(out_);
  row.example = out_.examples++;
  known_.add(row);
}

std::optional<RecordError> Decoder::Assembly::read(const RawChunk& chunk, const RawRecord& record, Row& row) {
  if (record.too_long) {
    return RecordError{RecordErrorCode::too_long, "the record is longer than --max-record-bytes " +
                                                      std::to_string(config_.max_record_bytes)};
  }
  if (record.is_refused) return RecordError{RecordErrorCode::invalid_csv, std::string(chunk.text(record))};
  out_.work.input_bytes += record.size;
  const auto own = chunk.text(record);
  const auto text = plain_.take(chunk, record);
  if (record.only_carried && text.data() == own.data()) {
    row.is_carried_as_read = true;
    row.carried_begin = record.begin + 1;
    row.carried_size = record.size - std::string_view("{}").size();
  } else if (auto error = walk_.walk(text)) {
    return error;
  }
  return inputs_.fetch();
}

Decoder::Decoder(DecoderConfig config) : assembly_(std::make_unique<Assembly>(std::move(config))) {}
Decoder::~Decoder() = default;

DecodedChunk Decoder::decode(const RawChunk& chunk) {
  auto decoded = assembly_->decode(chunk);
  if (is_read_on(decoded.table)) decoded.table.as_read = chunk.buffer;
  return decoded;
}

DecodedChunk Decoder::decode(RawChunk&& chunk) {
  auto decoded = assembly_->decode(chunk);
  if (is_read_on(decoded.table)) decoded.table.as_read = std::move(chunk.buffer);
  return decoded;
}

}  // namespace infer
