#include "config/input_spec.hpp"
#include "flags/flag_value.hpp"

namespace infer::detail {
namespace {

std::pair<std::string, std::string> split_assignment(const std::string& flag, const std::string& text,
                                                     const std::string& form) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(flag + " " + text + ": the form is " + form);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void put_spec(std::vector<TensorSpec>& specs, const std::string&, const std::string& text) {
  specs.push_back(parse_input_spec(text));
}

void put_field(std::map<std::string, std::string>& fields, const std::string& flag, const std::string& text) {
  const auto example = text.find('=') == std::string::npos ? text : "review.body";
  fields.insert(split_assignment(flag, text, "model_input=json.path, as in " + flag + " text=" + example));
}

void put_pad(std::map<std::string, double>& pads, const std::string& flag, const std::string& text) {
  const auto [name, value] = split_assignment(flag, text, "model_input=value, as in " + flag + " ids=0");
  pads[name] = parse_real(flag + " " + name, value);
}

double parse_percent(const std::string& flag, const std::string& text) {
  const auto value = text.ends_with('%') ? parse_real(flag, text.substr(0, text.size() - 1)) : 0;
  if (!(value > 0 && value <= 100))
    throw UsageError(flag + " " + text + ": give a share above 0% and up to 100%, such as 1% or 0.05%");
  return value;
}

std::string percent_text(double value) { return number_text(value) + "%"; }

std::string assignment_text(const auto& pair) { return pair.first + '=' + item_text(pair.second); }

}  // namespace

FlagGroup model_and_input_flags() {
  using Model = ModelOptions;
  using Input = InputOptions;
  const auto model = [](auto member) { return at(&RunConfig::model, member); };
  const auto input = [](auto member) { return at(&RunConfig::input, member); };
  const std::string inputs = "the model's inputs";  // say all that shapes them
  Choices<std::optional<InputFormat>> formats{{"auto", std::nullopt}};
  for (const auto& format : kInputFormats) formats.emplace_back(format.name, format.format);
  using enum FlagEffect;
  using enum OnRanks;
  return {
      "Model and input",
      {common("The model: TorchScript (.pt) or AOTInductor (.pt2)",
              {"model",
               "TorchScript (.pt) or AOTInductor (.pt2) file; told apart by content. Repeat for several "
               "models in one pass over the input, each with an --output",
               named("FILE", for_outputs(text(model(&Model::path)))), values, alike, "", 'm'}),
       {"preload-lib",
        "Shared library of operators or classes that the model uses, loaded before it. Repeat for several",
        named("FILE", texts(model(&Model::preload))), values},
       {"broadcast-model",
        "Read the model on rank 0 alone; the other hosts get it by messages and keep a copy in TMPDIR while "
        "they load it",
        on_off(model(&Model::broadcast)), none},
       common("JSONL, CSV, Parquet, pictures; a folder; - is stdin",
              {"input",
               "File(s) of records: JSONL, one JSON object per line, CSV, Parquet or Arrow, pictures (JPEG, "
               "PNG, "
               "WebP), tars of them as WebDataset has it; also JSONL, CSV and tars packed by gzip or zstd, "
               "pipes, "
               "and - "
               "for standard input. Of a folder all files, its folders' too, but those that begin with . or "
               "_; a "
               "pattern, quoted, is matched: 'day=*/*.jsonl.gz'. Both sorted bytewise",
               named("FILE", texts(input(&Input::files))), rows, alike, "", 'i'}),
       {"input-list", "File with an input's name per line, after those of --input",
        named("FILE", text(input(&Input::list))), rows, each_its_own,
        "--input"},  // what it names is compared
       {"input-format",
        "auto (parquet, arrow, tar and images by the first bytes, of a folder's first file for images; .csv, "
        ".tsv and .tar by their names, packed or not; else jsonl), jsonl, csv (the first line names the "
        "columns, as RFC 4180 has it), tsv (with tabs), parquet, arrow, tar (a record per sample) or images "
        "(a "
        "record per file)",
        choice(input(&Input::input_format), std::move(formats)), rows},
       {"input-spec",
        "Model input as name:dtype:shape[:lo..hi], shape per record: x:float32:[64], ids:int64:[*]:0..30521. "
        "Repeat per input, in call order. Default: learnt from the model and the first records",
        named("SPEC", texts_as(input(&Input::spec), put_spec, input_spec_text)), values, alike, inputs},
       common("Where an input lies in a record: text=review.body",
              {"field", "Where an input lies in a record: model_input=json.path (default: its own name)",
               named("INPUT=PATH", texts_as(input(&Input::field), put_field,
                                            [](const auto& item) { return assignment_text(item); })),
               values, alike, inputs}),
       {"pad",
        "Fill value for shorter records: model_input=value. Without it, only records of equal shape share a "
        "batch",
        named("INPUT=VALUE",
              texts_as(input(&Input::pad), put_pad, [](const auto& item) { return assignment_text(item); })),
        values, alike, inputs},
       {"missing",
        "null, NaN and Infinity for a number of a float input: error (of the record), or nan (null is NaN)",
        choice(input(&Input::missing_as_nan), {{"error", false}, {"nan", true}}), rows},
       {"stateful",
        "Score record after record in input order, for a model that keeps something from one to the next",
        on_off(model(&Model::stateful)), rows},
       {"seed", "For a model that draws random numbers: the rows are a function of this number and the input",
        count(model(&Model::seed), 0), rows},
       {"allow-batch-effects",
        "Score although rows depend on the records that share their batch; without it, that is refused",
        on_off(model(&Model::allow_batch_effects)), none},
       {"max-record-bytes", "Longer records are errors (B, KiB, MiB, ...)",
        bytes(input(&Input::max_record_bytes), 2), rows},
       {"limit", "Score only so many records, the first ones of the input", count(input(&Input::limit), 1),
        rows},
       {"sample",
        "Score only a share of the records, such as 1%: each is taken or not by its number and the seed "
        "alone, whatever else is given. The input is read once to count its records",
        named("PERCENT", text_as(input(&Input::sample), parse_percent, percent_text)), rows},
       {"sample-seed", "Another number takes another sample", count(input(&Input::sample_seed), 0), rows}}};
}

FlagGroup picture_flags() {
  using Input = InputOptions;
  const auto input = [](auto member) { return at(&RunConfig::input, member); };
  using enum FlagEffect;
  return {
      "Pictures",
      {{"image-root",
        "Folder in which the pictures lie that records name, and out of which no path and no link leads "
        "(default: that of the records' file)",
        named("FOLDER", text(input(&Input::image_root))), rows},
       {"images-anywhere", "Records may name any file that can be read",
        on_off(input(&Input::images_anywhere)), rows},
       {"max-image-pixels", "Pictures of more pixels (width x height) are errors",
        count(input(&Input::max_image_pixels), 1), rows},
       {"decode",
        "What decodes JPEG: cpu, or gpu (by NVIDIA's nvJPEG on the rank's GPU, where it is installed; other "
        "pixels than the CPU's, by a little)",
        choice(input(&Input::decode), {{"cpu", PictureDecoder::cpu}, {"gpu", PictureDecoder::gpu}}),
        values}}};
}

FlagGroup task_flags() {
  using Result = ResultOptions;
  using Input = InputOptions;
  constexpr std::size_t kShortestText = 4;  // a pair's special tokens and one of its own
  const auto result = [](auto member) { return at(&RunConfig::results, member); };
  const auto input = [](auto member) { return at(&RunConfig::input, member); };
  Choices<std::optional<Task>> tasks{{"auto", std::nullopt}};
  for (const auto& task : kTasks) tasks.emplace_back(task.name, task.task);
  using enum FlagEffect;
  return {
      "Task",
      {common("classification, embedding, entities or likelihood",
              {"task",
               "auto (what the bundle says, else outputs), outputs (the tensors as they are), classification "
               "(label and score), embedding, entities or likelihood. One for all models, or one each",
               for_outputs(choice(result(&Result::task), std::move(tasks))), values}),
       {"labels",
        "File with one class name per line (default: the bundle's, else class numbers). One for all models, "
        "or one each",
        named("FILE", for_outputs(text(result(&Result::labels)))), values},
       common("Classes per row, best first",
              {"top-k", "Classes per row, best first", count(result(&Result::top_k), 1), values}),
       {"scores", "best, or all: every class's score too",
        choice(result(&Result::all_scores), {{"best", false}, {"all", true}}), values},
       {"threshold", "Score from which a label holds, where several may (default: the bundle's, else 0.5)",
        named("X", real(result(&Result::threshold))), values},
       {"per-token", "Of a likelihood, each token's log probability too, as token_logprobs",
        on_off(result(&Result::per_token)), values},
       {"max-length", "Tokens per text (default and limit: what the bundle says)",
        count(input(&Input::max_length), kShortestText, Zero::means_default), values},
       {"truncate", "Longer texts: yes (cut them, the default) or no (they are errors)",
        choice(input(&Input::truncate), {{"yes", true}, {"no", false}}), values}}};
}

}  // namespace infer::detail
