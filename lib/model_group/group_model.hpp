// A model whose later stages are on other ranks of its group, as the first of them sees it: like any other.
#pragma once

#include <memory>

#include "model/model.hpp"
#include "model_group/group_mail.hpp"

namespace infer {

/// `own` has the first stages; `at_once` threads may be in them at a time, while more than that may wait for
/// the others. What a stage refuses, and memory that it has not, is thrown as if it were this rank's.
std::unique_ptr<Model> make_group_model(std::shared_ptr<Model> own, int at_once,
                                        std::shared_ptr<GroupMail> mail);

}  // namespace infer
