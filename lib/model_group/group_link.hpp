// How the ranks of a group hand batches on: the main thread's side, on the first rank and on those behind it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "comm/channel.hpp"
#include "model/model.hpp"
#include "model_group/group.hpp"
#include "model_group/group_mail.hpp"
#include "worker/activity.hpp"

namespace infer {

/// Main thread only. Each rank of a group has one for as long as it has the model.
class GroupLink {
 public:
  GroupLink() = default;
  GroupLink(const GroupLink&) = delete;
  GroupLink& operator=(const GroupLink&) = delete;
  virtual ~GroupLink() = default;

  /// Moves on what has come and what is to go. Throws what a stage died of.
  virtual void turn() = 0;

  /// `on_news` is called, from any thread, when the next turn has something to do.
  virtual void attend(std::function<void()> on_news) = 0;
  /// `on_news` is called no more, and who waits for other ranks is told that the run ends.
  virtual void close() = 0;

  /// Large messages are on their way, which move on in turns only.
  virtual bool is_moving() const = 0;
  /// The step under way that has taken longest so far; none on the first rank.
  virtual std::optional<Activity> slowest() const { return std::nullopt; }

  // In the start of a run only rank 0 uses the model, and those of its group serve it until it leaves.

  virtual void leave_start() {}
  /// Returns at once on the ranks of other groups, and at the latest at the deadline.
  virtual void serve_start(Deadline /*deadline*/) {}
};

/// On a group's first rank. Keeps a reference to the channel.
std::unique_ptr<GroupLink> make_first_link(Channel& channel, ModelGroup group,
                                           std::shared_ptr<GroupMail> mail);

/// On the others: `replicas` threads run `own`, the stages of this rank. Keeps a reference to the channel.
/// Its destructor waits a little for the threads; one that hangs is left behind with all it needs.
std::unique_ptr<GroupLink> make_stage_server(Channel& channel, ModelGroup group, std::shared_ptr<Model> own,
                                             int replicas, std::shared_ptr<Timeline> timeline);

}  // namespace infer
