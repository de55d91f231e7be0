// Tokenizes texts from a file as told by flags: for the comparison with Python, and for the benchmark.
//
//   encode_lines TOKENIZER_JSON TEXTS OUTPUT MAX_LENGTH [left] [spans]     writes the tokens
//   encode_lines TOKENIZER_JSON TEXTS --time RUNS MAX_LENGTH               times all texts RUNS times, in one
//   thread
//
// Integers are 32 bits, little-endian. TEXTS: for every text its size, the size of its pair (NONE without),
// their bytes. OUTPUT: for every text the number of tokens (NONE for an error), 1 if truncated, ids, types;
// then, when spans are wanted, begin, end and 1 if special, of every token. --time prints a line "SECONDS
// TOKENS" for every run.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "tokenizer/tokenizer.hpp"

namespace {

constexpr std::uint32_t kNone = 0xffffffff;

struct Text {
  std::string_view first;
  std::optional<std::string_view> pair;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint32_t take_number(std::string_view& bytes) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.substr(0, sizeof number).data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

std::string_view take_bytes(std::string_view& bytes, std::uint32_t size) {
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

std::vector<Text> split_texts(std::string_view bytes) {
  std::vector<Text> texts;
  while (!bytes.empty()) {
    const std::uint32_t size = take_number(bytes);
    const std::uint32_t pair_size = take_number(bytes);
    Text text{take_bytes(bytes, size), {}};
    if (pair_size != kNone) text.pair = take_bytes(bytes, pair_size);
    texts.push_back(text);
  }
  return texts;
}

void put(std::ostream& out, std::span<const std::uint32_t> numbers) {
  out.write(reinterpret_cast<const char*>(numbers.data()),
            static_cast<std::streamsize>(numbers.size_bytes()));
}

void put_tokens(std::ostream& out, const infer::TokenBuffer& tokens, bool failed) {
  const std::uint32_t head[] = {failed ? kNone : static_cast<std::uint32_t>(tokens.ids().size()),
                                tokens.truncated() ? 1u : 0u};
  put(out, head);
  put(out, tokens.ids());
  put(out, tokens.types());
  for (const infer::TokenSpan& span : tokens.spans()) {
    const std::uint32_t numbers[] = {span.begin, span.end, span.special ? 1u : 0u};
    put(out, numbers);
  }
}

void write_tokens(const infer::Tokenizer& tokenizer, const std::vector<Text>& texts,
                  const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  infer::TokenBuffer tokens;
  for (const Text& text : texts) {
    const auto error = tokenizer.encode(text.first, text.pair, tokens);
    if (error) std::cerr << *error << '\n';
    put_tokens(out, tokens, error.has_value());
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

void time_runs(const infer::Tokenizer& tokenizer, const std::vector<Text>& texts, int runs) {
  infer::TokenBuffer tokens;
  for (int run = 0; run < runs; ++run) {
    std::size_t count = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const Text& text : texts) {
      if (tokenizer.encode(text.first, text.pair, tokens)) throw std::runtime_error("a text was refused");
      count += tokens.ids().size();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << seconds.count() << ' ' << count << std::endl;
  }
}

void run(const std::vector<std::string>& arguments) {
  const std::string json = read_file(arguments.at(0));
  const std::string bytes = read_file(arguments.at(1));
  const bool timed = arguments.at(2) == "--time";
  infer::TokenizerConfig config;
  config.max_length = std::stoul(arguments.at(timed ? 4 : 3));
  for (const std::string& argument : arguments) {
    config.truncate_left |= argument == "left";
    config.spans |= argument == "spans";
  }
  const infer::Tokenizer tokenizer(json, config);
  const std::vector<Text> texts = split_texts(bytes);
  timed ? time_runs(tokenizer, texts, std::stoi(arguments.at(3)))
        : write_tokens(tokenizer, texts, arguments.at(2));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "encode_lines: " << error.what() << '\n';
    return 1;
  }
}
