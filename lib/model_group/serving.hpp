// The threads that run a rank's stages for the ranks before it, and what they share. Internal to the room.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/bounded_queue.hpp"
#include "base/doorbell.hpp"
#include "model/model.hpp"
#include "model_group/stage_message.hpp"
#include "worker/step.hpp"

namespace infer::detail {

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

}  // namespace infer::detail
