#include "model_group/group_model.hpp"

#include <semaphore>
#include <utility>

#include "base/digest.hpp"
#include "model/forward_gate.hpp"

namespace infer {
namespace {

[[noreturn]] void throw_refusal(const StageAnswer& answer) {
  switch (answer.outcome) {
    case StageOutcome::out_of_memory: throw OutOfMemory(answer.reason);
    case StageOutcome::wrong_rows: throw WrongRows(answer.reason);
    case StageOutcome::done:
    case StageOutcome::refused: break;
  }
  throw ModelError(answer.reason);
}

class GroupModel final : public Model {
 public:
  GroupModel(std::shared_ptr<Model> own, int at_once, std::shared_ptr<GroupMail> mail)
      : own_(std::move(own)), mail_(std::move(mail)), turns_(at_once) {}

  const ModelInfo& info() const override { return own_->info(); }
  void use_this_thread() override { own_->use_this_thread(); }
  DeviceUse take_device_use() override { return own_->take_device_use(); }
  void free_cached_memory() override { own_->free_cached_memory(); }

  void treat(const ModelTreatment& treatment) override {
    own_->treat(treatment);
    one_at_a_time_ = treatment.one_at_a_time;
  }

  std::uint64_t state_digest() override {
    StageBatch question;
    question.ask = StageAsk::digest;
    question.digest = own_->state_digest();
    return mail_->exchange(std::move(question), {}).digest;
  }

  /// A batch that is to be alone is so in all stages.
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    const detail::ForwardGate::Pass pass(gate_, batch.alone || one_at_a_time_);
    StageBatch carried;
    carried.chunk = batch.chunk;
    carried.rows = batch.rows;
    carried.seed = batch.seed;
    carried.values = run_own(batch);
    auto answer = mail_->exchange(std::move(carried), batch.on_handed_over);
    if (batch.on_handed_back) batch.on_handed_back(answer.busy_ns);
    if (answer.outcome != StageOutcome::done) throw_refusal(answer);
    return std::move(answer.outputs);
  }

 private:
  class Turn {
   public:
    explicit Turn(std::counting_semaphore<>& turns) : turns_(turns) { turns_.acquire(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { turns_.release(); }

   private:
    std::counting_semaphore<>& turns_;
  };

  std::vector<NamedTensor> run_own(const ModelBatch& batch) {
    const Turn turn(turns_);
    return own_->run(batch);
  }

  std::shared_ptr<Model> own_;
  std::shared_ptr<GroupMail> mail_;
  std::counting_semaphore<> turns_;
  detail::ForwardGate gate_;
  bool one_at_a_time_ = false;
};

}  // namespace

std::unique_ptr<Model> make_group_model(std::shared_ptr<Model> own, int at_once,
                                        std::shared_ptr<GroupMail> mail) {
  return std::make_unique<GroupModel>(std::move(own), at_once, std::move(mail));
}

}  // namespace infer
