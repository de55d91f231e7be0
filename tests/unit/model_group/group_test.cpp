// Both ranks of a group in one process: messages of a channel without MPI come back to it.

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "model_group/group_link.hpp"
#include "model_group/group_model.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/model/fake_model.hpp"

namespace infer {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using test::FakeModel;
using test::message_of;
using Inputs = std::span<const HostTensor>;
using DTypes = std::span<const DType>;
using Outputs = std::vector<NamedTensor>;

HostTensor number(float value, DType dtype = DType::float32) {
  const auto place = allocate_tensor_bytes(sizeof value);
  std::memcpy(place.get(), &value, sizeof value);
  return {dtype, {1}, place, {place.get(), dtype_size(dtype)}};
}

float value_of(const HostTensor& tensor) {
  float value = 0;
  std::memcpy(&value, tensor.bytes.data(), sizeof value);
  return value;
}

Outputs one(HostTensor value) { return {{"carried0", std::move(value)}}; }

Outputs twice(Inputs inputs, DTypes /*dtypes*/) { return one(number(2 * value_of(inputs[0]))); }
Outputs plus_one(Inputs inputs, DTypes /*dtypes*/) { return one(number(value_of(inputs[0]) + 1)); }

class Group {
 public:
  explicit Group(FakeModel::Forward first, FakeModel::Forward last, int at_once = 1)
      : first_model(make(std::move(first))),
        last_model(make(std::move(last))),
        link_(make_first_link(channel_, {2, 0}, mail_)),
        server_(make_stage_server(channel_, {2, 1}, last_model, at_once, std::make_shared<Timeline>())),
        whole(make_group_model(first_model, at_once, mail_)) {}

  /// Moves what comes and goes until `work`, on threads of its own, is done.
  template <class Result>
  Result moving(std::future<Result> work) {
    while (work.wait_for(100us) != std::future_status::ready) turn();
    return work.get();
  }

  void turn() {
    link_->turn();
    server_->turn();
  }

  static std::shared_ptr<FakeModel> make(FakeModel::Forward forward) {
    return std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x"}}, std::move(forward));
  }

  static Outputs forward(Model& model, float value, bool alone = false,
                         std::function<void()> on_handed_over = {}) {
    const std::vector inputs{number(value)};
    const std::vector dtypes{DType::float32};
    ModelBatch batch{inputs, dtypes, 1, alone};
    batch.on_handed_over = std::move(on_handed_over);
    return model.run(batch);
  }

  Outputs run(float value) {
    return moving(std::async(std::launch::async, [&] { return forward(*whole, value); }));
  }

  GroupLink& server() { return *server_; }
  void close() { link_->close(); }

  std::shared_ptr<FakeModel> first_model;
  std::shared_ptr<FakeModel> last_model;

 private:
  Channel channel_{nullptr, {"here"}};
  std::shared_ptr<GroupMail> mail_ = std::make_shared<GroupMail>();
  std::unique_ptr<GroupLink> link_;
  std::unique_ptr<GroupLink> server_;

 public:
  std::unique_ptr<Model> whole;
};

}  // namespace

TEST_CASE("group: a batch goes through the stages of all ranks, and comes back to who gave it") {
  Group group(twice, plus_one, 3);
  std::atomic<int> wrong{0};
  group.moving(std::async(std::launch::async, [&] {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const auto value = static_cast<float>(1000 * thread + i);
          if (value_of(Group::forward(*group.whole, value).at(0).value) != 2 * value + 1) ++wrong;
        }
      });
    }
  }));
  CHECK(wrong == 0);
  CHECK(group.last_model->runs == 400);
}

TEST_CASE("group: half types are carried as they are") {
  DType given{};
  Group group([](Inputs, DTypes) { return one(number(1, DType::bfloat16)); },
              [&](Inputs inputs, DTypes dtypes) {
                given = dtypes[0];
                CHECK(inputs[0].dtype == DType::bfloat16);
                CHECK(inputs[0].bytes.size() == 2);
                return one(number(0));
              });
  group.run(0);
  CHECK(given == DType::bfloat16);
}

TEST_CASE("group: what another rank's stage refuses is thrown as its own model's would be") {
  float kind = 0;
  Group group(twice, [&](Inputs inputs, DTypes dtypes) {
    if (kind == 1) throw ModelError("bad batch");
    if (kind == 2) throw WrongRows("one row");
    if (kind == 3) throw OutOfMemory("too large");
    if (kind == 4) throw std::bad_alloc();
    return plus_one(inputs, dtypes);
  });
  kind = 1;
  CHECK(message_of<ModelError>([&] { group.run(1); }) == "bad batch");
  kind = 2;
  CHECK(message_of<WrongRows>([&] { group.run(1); }) == "one row");
  kind = 3;
  CHECK(message_of<OutOfMemory>([&] { group.run(1); }) == "too large");
  kind = 4;
  CHECK(message_of<OutOfMemory>([&] { group.run(1); }) == "no memory on this host");
  kind = 0;
  CHECK(value_of(group.run(1)[0].value) == 3);
}

TEST_CASE("group: what ends a run on the other rank comes out of its turn") {
  Group group(twice, [](Inputs, DTypes) -> Outputs { throw RunError("the device is gone"); });
  auto waiting = std::async(std::launch::async,
                            [&] { return message_of<RunError>([&] { Group::forward(*group.whole, 1); }); });
  const auto said = message_of<RunError>([&] {
    for (int i = 0; i < 10000; ++i, std::this_thread::sleep_for(100us)) group.turn();
  });
  CHECK(said == "the device is gone");
  group.close();
  CHECK_THAT(waiting.get(), Contains("the run ended"));
}

TEST_CASE("group: so many threads are in the first stages at a time, and more wait for the others") {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> handed_over{0};
  std::atomic<bool> may_go{false};
  Group group(
      [&](Inputs inputs, DTypes dtypes) {
        most = std::max(most.load(), ++inside);
        std::this_thread::sleep_for(2ms);
        --inside;
        return twice(inputs, dtypes);
      },
      [&](Inputs inputs, DTypes dtypes) {
        while (!may_go) std::this_thread::sleep_for(100us);
        return plus_one(inputs, dtypes);
      },
      2);
  std::vector<std::future<Outputs>> batches;
  for (int i = 0; i < 6; ++i)
    batches.push_back(std::async(
        std::launch::async, [&] { return Group::forward(*group.whole, 1, false, [&] { ++handed_over; }); }));
  while (handed_over < 6 || !group.server().slowest()) group.turn();  // its threads begin when they get to it
  may_go = true;
  for (auto& batch : batches) group.moving(std::move(batch));
  CHECK(most <= 2);
}

TEST_CASE("group: a batch that is to be alone is so on all ranks") {
  std::atomic<int> under_way{0};
  std::atomic<int> wrong{0};
  Group group(
      twice,
      [&](Inputs inputs, DTypes dtypes) {
        ++under_way;
        std::this_thread::sleep_for(1ms);
        if (value_of(inputs[0]) == 200 && under_way > 1) ++wrong;
        --under_way;
        return plus_one(inputs, dtypes);
      },
      4);
  group.moving(std::async(std::launch::async, [&] {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) Group::forward(*group.whole, thread == 0 ? 100 : 1, thread == 0);
      });
    }
  }));
  CHECK(wrong == 0);
}

TEST_CASE("group: closing wakes who waits, and who comes later") {
  Group group(twice, plus_one);
  auto waiting = std::async(std::launch::async, [&] { Group::forward(*group.whole, 1); });
  std::this_thread::sleep_for(5ms);
  group.close();
  CHECK_THROWS_AS(waiting.get(), RunError);
  CHECK_THROWS_AS(Group::forward(*group.whole, 1), RunError);
}

}  // namespace infer
