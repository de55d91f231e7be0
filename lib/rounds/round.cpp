#include "rounds/round.hpp"

#include "base/message.hpp"

namespace infer {

template <class Archive, MaybeConst<Status> Value>
void fields(Archive& all, Value& status) {
  all(status.predicted, status.ready, status.parts, status.error, status.may_go_on, status.stop,
      status.activity);
}

template <class Archive, MaybeConst<Plan> Value>
void fields(Archive& all, Value& plan) {
  all(plan.grants, plan.ship, plan.gather_sizes, plan.finish, plan.stop, plan.exit_code);
}

Bytes serialize(const Status& status) { return to_message(status); }
Bytes serialize(const Plan& plan) { return to_message(plan); }
Status deserialize_status(ByteView bytes) { return from_message<Status>(bytes); }
Plan deserialize_plan(ByteView bytes) { return from_message<Plan>(bytes); }

}  // namespace infer
