#include "rounds/round.hpp"

namespace infer {
namespace {

void write(ByteWriter& out, const GrantedChunk& chunk) {
  INFER_ASSERT(chunk.selection != nullptr);
  out.value(chunk.range);
  out.value(chunk.selection->offset);
  out.value(chunk.selection->line);
  out.value(chunk.selection->number);
  out.values(chunk.selection->runs);
}

GrantedChunk read_granted(ByteReader& in) {
  const auto range = in.value<ChunkRange>();
  ChunkSelection selection;
  selection.offset = in.value<std::uint64_t>();
  selection.line = in.value<std::uint64_t>();
  selection.number = in.value<std::uint64_t>();
  selection.runs = in.values<std::byte>();
  return {range, std::make_shared<const ChunkSelection>(std::move(selection))};
}

}  // namespace

Bytes serialize(const Status& status) {
  ByteWriter out;
  out.value(status.predicted);
  out.values(status.ready);
  out.text(status.error);
  out.value(status.may_go_on);
  out.text(status.stop);
  out.optional(status.activity);
  return std::move(out).take();
}

Status deserialize_status(ByteView bytes) {
  ByteReader in(bytes);
  Status status;
  status.predicted = in.value<std::uint64_t>();
  status.ready = in.values<ReadyChunk>();
  status.error = in.text();
  status.may_go_on = in.value<bool>();
  status.stop = in.text();
  status.activity = in.optional<Activity>();
  return status;
}

Bytes serialize(const Plan& plan) {
  ByteWriter out;
  out.values(plan.grant);
  out.values(plan.ship);
  out.values(plan.gather_sizes);
  out.value(plan.stop);
  out.value(plan.exit_code);
  out.value(plan.selected.size());
  for (const auto& chunk : plan.selected) write(out, chunk);
  return std::move(out).take();
}

Plan deserialize_plan(ByteView bytes) {
  ByteReader in(bytes);
  Plan plan;
  plan.grant = in.values<std::uint64_t>();
  plan.ship = in.values<std::uint64_t>();
  plan.gather_sizes = in.values<std::uint64_t>();
  plan.stop = in.value<bool>();
  plan.exit_code = in.value<std::int32_t>();
  for (auto left = in.value<std::size_t>(); left > 0; --left) plan.selected.push_back(read_granted(in));
  return plan;
}

}  // namespace infer
