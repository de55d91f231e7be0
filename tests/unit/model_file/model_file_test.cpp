#include "model_file/model_file.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/model/fixtures.hpp"

using namespace infer;
using Catch::Contains;
using infer::test::message_of;
using infer::test::model_file;
using infer::test::ScratchFolder;

TEST_CASE("model file: whatever has its name later, all is of the file that was opened") {
  const ScratchFolder folder;
  const auto path = std::filesystem::path(folder.write("model.pt", ""));
  std::filesystem::copy_file(model_file("bundle_text.pt"), path,
                             std::filesystem::copy_options::overwrite_existing);
  const ModelFile file(path);
  const auto identity = file.identity();
  std::filesystem::rename(folder.write("other.pt", "no model"), path);
  CHECK(file.identity() == identity);
  CHECK(file.bundle()->tokenizer_kind == "WordLevel");
  CHECK(load_model(file, {})->info().format == ModelFormat::torchscript);
  CHECK_THROWS_AS(ModelFile(path).format(), UsageError);
}

TEST_CASE(
    "model file: one that is no model has an identity, and what is wrong is told when it is asked for") {
  const ScratchFolder folder;
  const ModelFile text(folder.write("text.pt", "words"));
  CHECK(text.identity() == file_identity(text.path()));
  const auto refused = [](const ModelFile& file) {
    return message_of<UsageError>([&] { load_model(file, {}); });
  };
  CHECK_THAT(refused(text), Contains("text.pt: this is not a PyTorch model file"));
  CHECK_THAT(message_of<UsageError>([&] { static_cast<void>(text.bytes()); }), Contains("not a PyTorch"));
  const ModelFile missing(folder.path("missing.pt"));
  CHECK_THROWS_AS(missing.identity(), UsageError);
  CHECK_THAT(refused(missing), Contains("No such file") && Contains("check the name"));
}
