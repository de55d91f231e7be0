#include "model_group/stage_message.hpp"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "base/message.hpp"
#include "model/model.hpp"

namespace infer {
namespace {

/// About as many as a message with them has, never fewer.
std::size_t bytes_of(const std::vector<NamedTensor>& tensors) {
  constexpr std::size_t kEnoughForTheRest = 256;
  constexpr std::size_t kMost = std::numeric_limits<int>::max();  // Channel::post
  std::size_t bytes = kEnoughForTheRest;
  for (const auto& [name, value] : tensors)
    bytes += value.bytes.size() + name.size() + value.shape.size() * sizeof(std::int64_t) + kEnoughForTheRest;
  if (bytes <= kMost) return bytes;
  throw OutOfMemory("what one rank's stages hand on to another's is " + std::to_string(bytes) +
                    " bytes, and a message holds " + std::to_string(kMost));
}

}  // namespace

void fields(MessageWriter& all, const HostTensor& tensor) { all(tensor.dtype, tensor.shape, tensor.bytes); }

void fields(MessageReader& all, HostTensor& tensor) {
  ByteView bytes;
  all(tensor.dtype, tensor.shape, bytes);
  const auto place = allocate_tensor_bytes(bytes.size());
  if (!bytes.empty()) std::memcpy(place.get(), bytes.data(), bytes.size());
  tensor.bytes = {place.get(), bytes.size()};
  tensor.owner = place;
}

template <class Archive, MaybeConst<NamedTensor> Value>
void fields(Archive& all, Value& tensor) {
  all(tensor.name, tensor.value);
}

template <class Archive, MaybeConst<StageBatch> Value>
void fields(Archive& all, Value& batch) {
  all(batch.ask, batch.ticket, batch.chunk, batch.rows, batch.seed, batch.digest, batch.busy_ns,
      batch.values);
}

template <class Archive, MaybeConst<StageAnswer> Value>
void fields(Archive& all, Value& answer) {
  all(answer.ticket, answer.outcome, answer.reason, answer.digest, answer.busy_ns, answer.outputs);
}

Bytes serialize(const StageBatch& batch) {
  MessageWriter message;
  message.reserve(bytes_of(batch.values));
  message(batch);
  return std::move(message).take();
}

Bytes serialize(const StageAnswer& answer) {
  MessageWriter message;
  message.reserve(bytes_of(answer.outputs) + answer.reason.size());
  message(answer);
  return std::move(message).take();
}

StageAsk deserialize_ask(ByteView bytes) { return from_message<StageAsk>(bytes); }
StageBatch deserialize_stage_batch(ByteView bytes) { return from_message<StageBatch>(bytes); }
StageAnswer deserialize_stage_answer(ByteView bytes) { return from_message<StageAnswer>(bytes); }

}  // namespace infer
