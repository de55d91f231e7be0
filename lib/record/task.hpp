// What a run makes of a model's outputs, and all that the rest of the program must know of each such task.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace infer {

enum class Task : std::uint8_t {
  outputs,         ///< the tensors as they are
  classification,  ///< label and score; one score where there is one class
  embedding,       ///< one vector
  entities,        ///< labelled stretches of the text
  likelihood,      ///< how probable the text is
};

struct TaskTraits {
  Task task = Task::outputs;
  std::string_view name;        ///< of --task, and in a bundle
  std::size_t output_dims = 0;  ///< of the first output, the batch's included; 0: any tensors
  std::string_view output{};    ///< the same for messages
  bool has_classes = false;     ///< the last dimension is classes, which may have labels
  bool ranks_classes = false;   ///< --top-k, --scores, --threshold; one class may lack its dimension
  bool has_places = false;      ///< rows name places in a record's one text
  bool is_vector = false;       ///< one list of numbers per record, as a .npy file holds it
  bool adds_tokens = false;     ///< rows are sums over a record's tokens: --per-token
  std::array<std::string_view, 5> own_fields{};  ///< of a row, besides "error"
};

/// In the order of Task.
constexpr std::array kTasks{
    TaskTraits{.task = Task::outputs, .name = "outputs", .own_fields = {"outputs"}},
    TaskTraits{.task = Task::classification,
               .name = "classification",
               .output_dims = 2,
               .output = "logits of shape [batch, classes]",
               .has_classes = true,
               .ranks_classes = true,
               .own_fields = {"label", "score", "labels", "scores", "top_k"}},
    TaskTraits{.task = Task::embedding,
               .name = "embedding",
               .output_dims = 2,
               .output = "values of shape [batch, width]",
               .is_vector = true,
               .own_fields = {"embedding"}},
    TaskTraits{.task = Task::entities,
               .name = "entities",
               .output_dims = 3,
               .output = "logits of shape [batch, tokens, labels]",
               .has_classes = true,
               .has_places = true,
               .own_fields = {"entities"}},
    TaskTraits{.task = Task::likelihood,
               .name = "likelihood",
               .output_dims = 2,
               .output = "log probabilities of shape [batch, tokens]",
               .adds_tokens = true,
               .own_fields = {"logprob", "tokens", "perplexity", "token_logprobs"}},
};

constexpr const TaskTraits& traits(Task task) { return kTasks[static_cast<std::size_t>(task)]; }

inline std::string_view task_name(Task task) { return traits(task).name; }
std::optional<Task> task_from_name(std::string_view name);

/// "classification or entities": the tasks that have it.
std::string names_of_tasks(bool TaskTraits::*trait);

}  // namespace infer
