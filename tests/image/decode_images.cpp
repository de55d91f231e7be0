// Decodes files: for the comparison with Pillow, and for the benchmark.
//
//   decode_images [as-it-lies] [max-pixels N] < PATHS   the pixels of each file, or why there are none
//   decode_images time RUNS < PATHS                     times all files RUNS times, in one thread
//
// For each path: height, width and number of bytes, 32 bits each, little-endian, then the pixels; for a file
// without pixels 0, 0 and the message. With time: a line with each run's seconds of processor time, in which
// files that are refused count.
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "image/decode.hpp"

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> files_of(std::istream& paths) {
  std::vector<std::string> files;
  for (std::string path; std::getline(paths, path);) files.push_back(content_of(path));
  return files;
}

void put(int height, int width, std::span<const char> bytes) {
  const std::uint32_t head[] = {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width),
                                static_cast<std::uint32_t>(bytes.size())};
  std::cout.write(reinterpret_cast<const char*>(head), sizeof head);
  std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_all(const infer::DecodeOptions& options) {
  infer::Pixels pixels;
  for (std::string path; std::getline(std::cin, path);) {
    const auto file = content_of(path);
    const auto problem = infer::decode_image(infer::as_byte_view(file), options, pixels);
    if (problem) {
      put(0, 0, *problem);
    } else {
      put(pixels.size.height, pixels.size.width,
          {reinterpret_cast<const char*>(pixels.values.data()), pixels.values.size()});
    }
  }
  if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
}

void time_all(const infer::DecodeOptions& options, int runs) {
  const auto files = files_of(std::cin);
  infer::Pixels pixels;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::clock();
    for (const auto& file : files) infer::decode_image(infer::as_byte_view(file), options, pixels);
    std::cout << static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC << std::endl;
  }
}

void run(const std::vector<std::string>& arguments) {
  infer::DecodeOptions options{std::uint64_t{1} << 27U, true};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "time") return time_all(options, std::stoi(arguments.at(i + 1)));
    if (arguments[i] == "as-it-lies") options.orient = false;
    if (arguments[i] == "max-pixels") options.max_pixels = std::stoull(arguments.at(i + 1));
  }
  write_all(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "decode_images: " << error.what() << '\n';
    return 1;
  }
}
