#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "comm/waiting.hpp"
#include "model_group/group_link.hpp"
#include "model_group/serving.hpp"

namespace infer {
namespace {

using detail::Serving;

constexpr Seconds kFarewell{2};

class StageServer final : public GroupLink {
 public:
  StageServer(Channel& channel, ModelGroup group, std::shared_ptr<Model> own, int replicas,
              std::shared_ptr<Timeline> timeline)
      : channel_(channel),
        group_(group),
        timeline_(std::move(timeline)),
        serving_(std::make_shared<Serving>(std::move(own), group.is_last())) {
    try {
      for (int i = 0; i < replicas; ++i) start_thread();
    } catch (...) {
      serving_->discard();  // else the threads that did start would wait for work for ever
      throw;
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

  std::optional<Activity> slowest() const override { return slowest_of(serving_->steps); }

  void serve_start(Deadline deadline) override {
    if (group_.first() != 0) return;
    wait_until(channel_, deadline, [this] {
      turn();
      return start_is_left_;
    });
  }

 private:
  void start_thread() {
    auto& step = serving_->steps.emplace_back(timeline_->lane("stage"));
    threads_.emplace_back([serving = serving_, timeline = timeline_, &step] { serving->run(step); });
  }

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
