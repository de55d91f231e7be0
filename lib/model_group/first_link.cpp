#include <utility>

#include "model_group/group_link.hpp"

namespace infer {
namespace {

class FirstLink final : public GroupLink {
 public:
  FirstLink(Channel& channel, ModelGroup group, std::shared_ptr<GroupMail> mail)
      : channel_(channel), next_(group.rank + 1), mail_(std::move(mail)) {
    attend({});
  }
  ~FirstLink() override { mail_->close(); }

  bool is_moving() const override { return channel_.transferring(); }

  void turn() override {
    for (auto& message : mail_->take_outgoing()) channel_.post(next_, Tag::stage_batch, std::move(message));
    while (const auto message = channel_.poll(Tag::stage_answer))
      mail_->deliver(deserialize_stage_answer(message->bytes));
  }

  void attend(std::function<void()> on_news) override {
    mail_->attend([this] { turn(); }, std::move(on_news));
  }
  void close() override { mail_->close(); }

  void leave_start() override {
    StageBatch leave;
    leave.ask = StageAsk::leave;
    channel_.post(next_, Tag::stage_batch, serialize(leave));
  }

 private:
  Channel& channel_;
  const int next_;
  std::shared_ptr<GroupMail> mail_;
};

}  // namespace

std::unique_ptr<GroupLink> make_first_link(Channel& channel, ModelGroup group,
                                           std::shared_ptr<GroupMail> mail) {
  return std::make_unique<FirstLink>(channel, group, std::move(mail));
}

}  // namespace infer
