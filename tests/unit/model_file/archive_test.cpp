#include "model_file/model_file.hpp"

#include <unistd.h>

#include <fstream>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

using Catch::Contains;
using test::message_of;
using test::model_file;
using test::ScratchFolder;

std::string refusal(const std::filesystem::path& path) {
  return message_of<UsageError>([&] { static_cast<void>(ModelFile(path).format()); });
}

/// A file in the scratch folder that is gone with this object.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& content)
      : path_(std::filesystem::temp_directory_path() / ("infer_archive_test." + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Refused {
  const char* file;
  const char* what;
  const char* remedy;
};

constexpr const char* kTrace = "torch.jit.trace(model.eval(), example_inputs).save(\"model.pt\")";

}  // namespace

TEST_CASE("archive: each kind of file that cannot run is named, with its remedy") {
  const auto refused = GENERATE(values<Refused>({
      {"state_dict.pt", "this is a state_dict", "model.load_state_dict(...)"},
      {"checkpoint.pt", "this is a checkpoint (a dictionary)", "model.load_state_dict(...)"},
      {"pickled_module.pt", "this is a pickled torch.nn.modules.container.Sequential", kTrace},
      {"tensor.pt", "this is a saved tensor", "is needed"},
      {"legacy.pt", "in the format before PyTorch 1.6", kTrace},
      {"exported.pt2", "this is an exported program",
       "torch._inductor.aoti_compile_and_package(torch.export.load(\"exported.pt2\"), "
       "package_path=\"exported_aoti.pt2\")"},
      {"other.zip", "this is a zip file, but not one that PyTorch wrote", "is needed"},
      {"truncated.pt", "the file is cut off", "copy or save it again"},
      {"empty.pt", "the file is empty", "copy or save it again"},
      {"text.pt", "this is not a PyTorch model file", "is needed"},
      {"weights.safetensors", "this is a safetensors file", "model.load_state_dict(...)"},
      {"missing.pt", "No such file or directory", "check the name"},
      {".", "this is a folder", "is needed"},
  }));
  const auto message = refusal(model_file(refused.file));
  CHECK_THAT(message, Contains(model_file(refused.file).string()));
  CHECK_THAT(message, Contains(refused.what));
  CHECK_THAT(message, Contains(refused.remedy));
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("archive: a plain pickle, ONNX and one byte are refused") {
  CHECK_THAT(refusal(ScratchFile("\x80\x04\x95 pickle").path()), Contains("this is a Python pickle"));
  CHECK_THAT(refusal(ScratchFile(std::string("\x80\0\0\0\0\0\0\0{\"a\":", 13)).path()),
             Contains("this is a safetensors file"));
  CHECK_THAT(refusal(ScratchFile("\x08\x07\x12\x07pytorch").path()), Contains("looks like an ONNX model"));
  CHECK_THAT(refusal(ScratchFile("P").path()), Contains("not a PyTorch model file"));
  CHECK_THAT(refusal(ScratchFile("PK\x03\x04").path()), Contains("ends after 4 bytes"));
}

TEST_CASE("archive: what Hugging Face has is told how to export it") {
  const ScratchFolder folder;
  auto made = folder.path("");
  made.pop_back();
  folder.write("config.json", "{\"architectures\": [\"BertForSequenceClassification\"]}");
  const auto weights = folder.write("model.safetensors", std::string("\x10\0\0\0\0\0\0\0{\"a\":", 13));
  const auto command = "scripts/export_model.py --hf " + made + " --task text-classification --out model.pt";
  CHECK_THAT(refusal(made), Contains(command));
  CHECK_THAT(refusal(weights), Contains(command));
  folder.write("config.json", "{\"architectures\": [\"BertModel\"]}");
  CHECK_THAT(refusal(made), Contains("--task embedding"));
  CHECK_THAT(refusal("nobody/no-such-model"),
             Contains("No such file") && Contains("--hf nobody/no-such-model"));
  CHECK_THAT(refusal("no-such-model"), Contains("--hf no-such-model --task TASK"));
  for (const char* file : {"no_such.pt", "/no-such-model", "./no-such-model"})
    CHECK_THAT(refusal(file), Contains("check the name") && !Contains("--hf"));
  CHECK_THAT(refusal(made + "/no-such-model"), !Contains("--hf"));
}

TEST_CASE("archive: the content decides, not the name") {
  const std::string name = "infer_archive_test_renamed." + std::to_string(::getpid()) + ".pt2";
  const auto renamed = std::filesystem::temp_directory_path() / name;
  std::filesystem::copy_file(model_file("mlp.pt"), renamed);
  const ModelFile file(renamed);
  std::filesystem::remove(renamed);
  CHECK(file.format() == ModelFormat::torchscript);
  CHECK(file.compiled_device().empty());
}

TEST_CASE("archive: a damaged TorchScript archive is refused when it is loaded") {
  const auto message = message_of<UsageError>([] {
    load_model(ModelFile(model_file("damaged.pt")), {"cpu", 1});
  });
  CHECK_THAT(message, Contains("cannot load this model") && Contains("damaged.pt"));
  CHECK(message.find('\n') == std::string::npos);
}

}  // namespace infer
