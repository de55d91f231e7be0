#include "pipeline/round.hpp"

namespace infer {

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
  return plan;
}

}  // namespace infer
