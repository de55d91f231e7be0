#include "model_group/group_mail.hpp"

#include <chrono>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::chrono::microseconds kMoveEvery{100};

}  // namespace

StageAnswer GroupMail::exchange(StageBatch batch, const std::function<void()>& on_handed_over) {
  {
    const std::lock_guard lock(mutex_);
    batch.ticket = next_ticket_++;
  }
  auto message = serialize(batch);
  batch.values.clear();
  post(std::move(message));
  if (on_handed_over) on_handed_over();
  auto answer = wait(batch.ticket);
  if (!answer) throw RunError("the run ended while a batch was with other ranks");
  return *std::move(answer);
}

void GroupMail::post(Bytes message) {
  const std::lock_guard lock(mutex_);
  outgoing_.push_back(std::move(message));
  if (on_news_) on_news_();
}

/// Under the lock.
std::optional<StageAnswer> GroupMail::taken(std::uint64_t ticket) {
  auto node = answers_.extract(ticket);
  return node ? std::optional(std::move(node.mapped())) : std::nullopt;
}

std::optional<StageAnswer> GroupMail::wait(std::uint64_t ticket) {
  std::unique_lock lock(mutex_);
  const bool moves = move_ && main_thread_ == std::this_thread::get_id();
  while (!closed_) {
    if (auto answer = taken(ticket)) return answer;
    if (!moves) {
      delivered_.wait(lock);
      continue;
    }
    lock.unlock();
    move_();
    std::this_thread::sleep_for(kMoveEvery);
    lock.lock();
  }
  return std::nullopt;
}

void GroupMail::attend(std::function<void()> move, std::function<void()> on_news) {
  const std::lock_guard lock(mutex_);
  main_thread_ = std::this_thread::get_id();
  move_ = std::move(move);
  on_news_ = std::move(on_news);
}

std::vector<Bytes> GroupMail::take_outgoing() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outgoing_, {});
}

void GroupMail::deliver(StageAnswer answer) {
  {
    const std::lock_guard lock(mutex_);
    const auto ticket = answer.ticket;
    answers_.emplace(ticket, std::move(answer));
  }
  delivered_.notify_all();
}

void GroupMail::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    move_ = {};
    on_news_ = {};
  }
  delivered_.notify_all();
}

}  // namespace infer
