#include "record/encoded_chunk.hpp"

#include <algorithm>

namespace infer {
namespace {

void write(ByteWriter& message, const StampedText& text) {
  message.text(text.text);
  message.values(text.stamps);
}

StampedText read_stamped(ByteReader& message) {
  StampedText text;
  text.text = message.text();
  text.stamps = message.values<Stamp>();
  return text;
}

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
  truncated += other.truncated;
  halved += other.halved;
  alone += other.alone;
  shapes += other.shapes;
  device_ns += other.device_ns;
  device_waits += other.device_waits;
  fitting_rows = tighter(fitting_rows, other.fitting_rows);
  fitting_elements = tighter(fitting_elements, other.fitting_elements);
  return *this;
}

Bytes serialize_chunk(const EncodedChunk& chunk) {
  ByteWriter message;
  message.reserve(sizeof(EncodedChunk) + chunk.output.text.size() + chunk.errors.text.size());
  message.value(chunk.range);
  message.value(chunk.digest);
  message.value(chunk.lines);
  message.value(chunk.rows);
  message.value(chunk.failed);
  message.value(chunk.work);
  message.values(chunk.failed_rows);
  write(message, chunk.output);
  write(message, chunk.errors);
  write(message, chunk.first_failure);
  return std::move(message).take();
}

EncodedChunk deserialize_chunk(ByteReader& message) {
  EncodedChunk chunk;
  chunk.range = message.value<ChunkRange>();
  chunk.digest = message.value<ChunkDigest>();
  chunk.lines = message.value<std::uint64_t>();
  chunk.rows = message.value<std::uint64_t>();
  chunk.failed = message.value<std::uint64_t>();
  chunk.work = message.value<ChunkWork>();
  chunk.failed_rows = message.values<std::uint64_t>();
  chunk.output = read_stamped(message);
  chunk.errors = read_stamped(message);
  chunk.first_failure = read_stamped(message);
  return chunk;
}

}  // namespace infer
