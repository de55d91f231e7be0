#include "model_group/stage_message.hpp"

#include <cstring>
#include <memory>

namespace infer {
namespace {

std::size_t bytes_of(const std::vector<NamedTensor>& tensors) {
  constexpr std::size_t kEnoughForTheRest = 256;
  std::size_t bytes = kEnoughForTheRest;
  for (const auto& [name, value] : tensors) bytes += value.bytes.size() + name.size() + kEnoughForTheRest;
  return bytes;
}

void put(ByteWriter& out, const std::vector<NamedTensor>& tensors) {
  out.value<std::uint64_t>(tensors.size());
  for (const auto& [name, value] : tensors) {
    out.text(name);
    out.value(value.dtype);
    out.values(value.shape);
    out.values(value.bytes);
  }
}

HostTensor get_tensor(ByteReader& in) {
  HostTensor tensor;
  tensor.dtype = in.value<DType>();
  tensor.shape = in.values<std::int64_t>();
  const auto bytes = in.view();
  const auto place = allocate_tensor_bytes(bytes.size());
  if (!bytes.empty()) std::memcpy(place.get(), bytes.data(), bytes.size());
  tensor.bytes = {place.get(), bytes.size()};
  tensor.owner = place;
  return tensor;
}

std::vector<NamedTensor> get_tensors(ByteReader& in) {
  std::vector<NamedTensor> tensors(in.value<std::uint64_t>());
  for (auto& [name, value] : tensors) {
    name = in.text();
    value = get_tensor(in);
  }
  return tensors;
}

}  // namespace

Bytes serialize(const StageBatch& batch) {
  ByteWriter out;
  out.reserve(bytes_of(batch.values));
  out.value(batch.ask);
  out.value(batch.ticket);
  out.value(batch.chunk);
  out.value(batch.rows);
  out.optional(batch.seed);
  out.value(batch.digest);
  out.value(batch.busy_ns);
  put(out, batch.values);
  return std::move(out).take();
}

StageAsk deserialize_ask(ByteView bytes) { return ByteReader(bytes).value<StageAsk>(); }

StageBatch deserialize_stage_batch(ByteView bytes) {
  ByteReader in(bytes);
  StageBatch batch;
  batch.ask = in.value<StageAsk>();
  batch.ticket = in.value<std::uint64_t>();
  batch.chunk = in.value<std::uint64_t>();
  batch.rows = in.value<std::uint64_t>();
  batch.seed = in.optional<std::uint64_t>();
  batch.digest = in.value<std::uint64_t>();
  batch.busy_ns = in.value<std::uint64_t>();
  batch.values = get_tensors(in);
  return batch;
}

Bytes serialize(const StageAnswer& answer) {
  ByteWriter out;
  out.reserve(bytes_of(answer.outputs) + answer.reason.size());
  out.value(answer.ticket);
  out.value(answer.outcome);
  out.text(answer.reason);
  out.value(answer.digest);
  out.value(answer.busy_ns);
  put(out, answer.outputs);
  return std::move(out).take();
}

StageAnswer deserialize_stage_answer(ByteView bytes) {
  ByteReader in(bytes);
  StageAnswer answer;
  answer.ticket = in.value<std::uint64_t>();
  answer.outcome = in.value<StageOutcome>();
  answer.reason = in.text();
  answer.digest = in.value<std::uint64_t>();
  answer.busy_ns = in.value<std::uint64_t>();
  answer.outputs = get_tensors(in);
  return answer;
}

}  // namespace infer
