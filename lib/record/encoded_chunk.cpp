#include "record/encoded_chunk.hpp"

#include <algorithm>

#include "base/message.hpp"

namespace infer {
namespace {

/// The smaller of two limits, of which 0 is none.
std::uint64_t tighter(std::uint64_t a, std::uint64_t b) { return a == 0 || b == 0 ? a + b : std::min(a, b); }

}  // namespace

double ChunkWork::padding_share() const {
  if (padded_elements <= elements) return 0;
  return static_cast<double>(padded_elements - elements) / static_cast<double>(padded_elements);
}

ChunkWork& ChunkWork::operator+=(const ChunkWork& other) {
  read_ns += other.read_ns;
  decode_ns += other.decode_ns;
  model_ns += other.model_ns;
  encode_ns += other.encode_ns;
  input_bytes += other.input_bytes;
  batches += other.batches;
  elements += other.elements;
  padded_elements += other.padded_elements;
  tokens += other.tokens;
  reused += other.reused;
  repeated += other.repeated;
  truncated += other.truncated;
  pictures_on_gpu += other.pictures_on_gpu;
  pictures_on_cpu += other.pictures_on_cpu;
  halved += other.halved;
  alone += other.alone;
  shapes += other.shapes;
  device_ns += other.device_ns;
  device_waits += other.device_waits;
  fitting_rows = tighter(fitting_rows, other.fitting_rows);
  fitting_elements = tighter(fitting_elements, other.fitting_elements);
  return *this;
}

template <class Archive, MaybeConst<StampedText> Value>
void fields(Archive& all, Value& text) {
  all(text.text, text.stamps);
}

template <class Archive, MaybeConst<FailedHere> Value>
void fields(Archive& all, Value& failed) {
  all(failed.code, failed.rows, failed.first);
}

template <class Archive, MaybeConst<EncodedChunk> Value>
void fields(Archive& all, Value& chunk) {
  all(chunk.output_of_run, chunk.range, chunk.digest, chunk.lines, chunk.before, chunk.rows, chunk.failed,
      chunk.work, chunk.failed_rows, chunk.output, chunk.is_packed, chunk.keys, chunk.errors,
      chunk.first_failure, chunk.account, chunk.failures);
}

Bytes serialize_chunk(const EncodedChunk& chunk) {
  MessageWriter message;
  message.reserve(sizeof(EncodedChunk) + chunk.output.text.size() + chunk.errors.text.size());
  message(chunk);
  return std::move(message).take();
}

EncodedChunk deserialize_chunk(ByteReader& message) { return from_message<EncodedChunk>(message); }

}  // namespace infer
