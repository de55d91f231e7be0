#include "model_group/serving.hpp"

#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"

namespace infer::detail {
namespace {

Reply refusal(std::uint64_t ticket, StageOutcome outcome, const std::string& reason) {
  return {true, serialize(StageAnswer{ticket, outcome, reason})};
}

}  // namespace

void Serving::tell_news() {
  const std::lock_guard lock(news_mutex);
  if (on_news) on_news();
}

void Serving::discard() {
  arrived.discard();
  replies.discard();
}

/// The whole life of one thread.
void Serving::run(Step& step) {
  try {
    work(step);
  } catch (...) {
    replies.fail(std::current_exception());
    arrived.discard();
    tell_news();
  }
  ++ended;
  one_has_left.ring();
}

void Serving::work(Step& step) {
  own->use_this_thread();
  while (const auto message = arrived.pop()) {
    auto reply = reply_to(deserialize_stage_batch(*message), step);
    if (!replies.push(std::move(reply))) return;
    tell_news();
  }
}

Reply Serving::passed_on(StageBatch batch) const {
  if (!is_last) return {false, serialize(batch)};
  return {true,
          serialize(StageAnswer{
              batch.ticket, StageOutcome::done, {}, batch.digest, batch.busy_ns, std::move(batch.values)})};
}

/// Instead of what is carried to this rank, what comes out of it.
void Serving::forward(StageBatch& batch, Step& step) const {
  std::vector<HostTensor> inputs;
  std::vector<DType> dtypes;
  for (auto& [name, value] : batch.values) {
    dtypes.push_back(value.dtype);
    inputs.push_back(std::move(value));
  }
  ModelBatch one;
  one.inputs = inputs;
  one.dtypes = dtypes;
  one.rows = batch.rows;
  one.seed = batch.seed;
  const Stopwatch watch;
  batch.values = step.during(Stage::model, batch.chunk, batch.rows, [&] { return own->run(one); });
  batch.busy_ns += watch.elapsed_ns();
}

Reply Serving::reply_to(StageBatch batch, Step& step) const {
  const auto ticket = batch.ticket;
  std::string no_memory;
  try {
    if (batch.ask == StageAsk::digest) {
      batch.digest = joined_digest(batch.digest, own->state_digest());
    } else {
      forward(batch, step);
    }
    return passed_on(std::move(batch));
  } catch (const OutOfMemory& error) {
    no_memory = error.what();
  } catch (const std::bad_alloc&) {
    no_memory = "no memory on this host";
  } catch (const WrongRows& error) {
    return refusal(ticket, StageOutcome::wrong_rows, error.what());
  } catch (const ModelError& error) {
    return refusal(ticket, StageOutcome::refused, error.what());
  }
  own->free_cached_memory();
  return refusal(ticket, StageOutcome::out_of_memory, no_memory);
}

}  // namespace infer::detail
