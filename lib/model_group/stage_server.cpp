#include <atomic>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/digest.hpp"
#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "comm/waiting.hpp"
#include "model_group/group_link.hpp"
#include "worker/step.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};
/// More than the first rank hands over before it has an answer.
constexpr std::size_t kMostBatches = std::size_t{1} << 16U;

/// A message of one of the threads.
struct Reply {
  bool is_answer = false;  ///< for the first rank; else for the next one
  Bytes bytes;
};

/// What the threads share. Outlives the server when one of them hangs.
struct Serving {
  Serving(std::shared_ptr<Model> model, bool last) : own(std::move(model)), is_last(last) {}

  void run(Step& step);
  void work(Step& step);
  void forward(StageBatch& batch, Step& step) const;
  Reply reply_to(StageBatch batch, Step& step) const;
  Reply passed_on(StageBatch batch) const;
  void tell_news();
  void discard();

  const std::shared_ptr<Model> own;
  const bool is_last;
  BoundedQueue<Bytes> arrived{kMostBatches};
  BoundedQueue<Reply> replies{kMostBatches};
  std::function<void()> on_news;  // guarded by the next
  std::mutex news_mutex;
  std::deque<Step> steps;  // one per thread
  std::atomic<std::size_t> ended{0};
  Doorbell one_has_left;
};

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

Reply refusal(std::uint64_t ticket, StageOutcome outcome, const std::string& reason) {
  return {true, serialize(StageAnswer{ticket, outcome, reason})};
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

class StageServer final : public GroupLink {
 public:
  StageServer(Channel& channel, ModelGroup group, std::shared_ptr<Model> own, int replicas,
              std::shared_ptr<Timeline> timeline)
      : channel_(channel),
        group_(group),
        timeline_(std::move(timeline)),
        serving_(std::make_shared<Serving>(std::move(own), group.is_last())) {
    for (int i = 0; i < replicas; ++i) {
      auto& step = serving_->steps.emplace_back(timeline_->lane("stage"));
      threads_.emplace_back([serving = serving_, timeline = timeline_, &step] { serving->run(step); });
    }
  }

  ~StageServer() override {
    close();
    serving_->discard();
    for (const Deadline deadline(kFarewell); serving_->ended < threads_.size() && !deadline.passed();)
      serving_->one_has_left.wait(std::chrono::milliseconds(10));
    if (serving_->ended == threads_.size()) return;
    for (auto& thread : threads_) thread.detach();
  }

  bool is_moving() const override { return channel_.transferring(); }

  void turn() override {
    while (auto message = channel_.poll(Tag::stage_batch, group_.rank - 1)) take(std::move(message->bytes));
    while (auto reply = serving_->replies.try_pop()) {
      const int to = reply->is_answer ? group_.first() : group_.rank + 1;
      channel_.post(to, reply->is_answer ? Tag::stage_answer : Tag::stage_batch, std::move(reply->bytes));
    }
  }

  void attend(std::function<void()> on_news) override {
    const std::lock_guard lock(serving_->news_mutex);
    serving_->on_news = std::move(on_news);
  }
  void close() override { attend({}); }

  std::optional<Activity> slowest() const override {
    std::optional<Activity> slowest;
    for (const auto& step : serving_->steps) {
      const auto activity = step.now();
      if (activity && (!slowest || activity->seconds > slowest->seconds)) slowest = activity;
    }
    return slowest;
  }

  void serve_start(Deadline deadline) override {
    if (group_.first() != 0) return;
    wait_until(channel_, deadline, [this] {
      turn();
      return start_is_left_;
    });
  }

 private:
  void take(Bytes message) {
    if (deserialize_ask(message) != StageAsk::leave) {
      serving_->arrived.push(std::move(message));
      return;
    }
    start_is_left_ = true;
    if (!group_.is_last()) channel_.post(group_.rank + 1, Tag::stage_batch, std::move(message));
  }

  Channel& channel_;
  const ModelGroup group_;
  std::shared_ptr<Timeline> timeline_;
  std::shared_ptr<Serving> serving_;
  std::vector<std::jthread> threads_;
  bool start_is_left_ = false;
};

}  // namespace

std::unique_ptr<GroupLink> make_stage_server(Channel& channel, ModelGroup group, std::shared_ptr<Model> own,
                                             int replicas, std::shared_ptr<Timeline> timeline) {
  return std::make_unique<StageServer>(channel, group, std::move(own), replicas, std::move(timeline));
}

}  // namespace infer
