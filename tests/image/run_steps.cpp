// Does what a bundle's steps say to pictures from standard input: for the comparison with Python, and for the
// benchmark.
//
//   run_steps            for every request the result: its height and width (0 and 0 where the picture is
//                          refused, then its message's size and bytes), then its values
//   run_steps time RUNS  does all requests RUNS times, in one thread; prints the processor seconds of each
//
// A request is a line, "BACKEND STEP ... ; PICTURE_HEIGHT PICTURE_WIDTH HEIGHT WIDTH", then the picture's
// values. Steps are resize:HEIGHT:WIDTH:FILTER, resize_shortest:SIZE:FILTER, center_crop:HEIGHT:WIDTH and
// center_square:PART:WHOLE; filters are numbers in the order of ResizeFilter. Integers of results are 32
// bits, little-endian.
#include <cstdio>
#include <ctime>
#include <deque>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "image/steps.hpp"

namespace {

struct Request {
  infer::ImageSteps* steps;  ///< the same ones for all requests that want the same
  infer::ImageSize size;
  infer::Pixels pixels;
};

infer::ResizeFilter as_filter(int number) { return static_cast<infer::ResizeFilter>(number); }

infer::ImageStep parse_step(const std::string& text) {
  std::istringstream words(text);
  std::string name;
  std::getline(words, name, ':');
  std::vector<int> numbers;
  for (std::string word; std::getline(words, word, ':');) numbers.push_back(std::stoi(word));
  if (name == "resize") return infer::ResizeStep{{numbers.at(0), numbers.at(1)}, as_filter(numbers.at(2))};
  if (name == "resize_shortest") return infer::ResizeShortestStep{numbers.at(0), as_filter(numbers.at(1))};
  if (name == "center_crop") return infer::CenterCropStep{{numbers.at(0), numbers.at(1)}};
  if (name == "center_square") return infer::CenterSquareStep{numbers.at(0), numbers.at(1)};
  throw std::runtime_error("no such step: " + name);
}

infer::ImageSpec parse_spec(std::istream& words) {
  infer::ImageSpec spec;
  std::string word;
  words >> word;
  spec.backend = word == "pil" ? infer::ImageBackend::pil : infer::ImageBackend::torchvision;
  while (words >> word && word != ";") spec.steps.push_back(parse_step(word));
  return spec;
}

/// Steps that were made, so that weights are kept from picture to picture as in a run.
class KnownSteps {
 public:
  infer::ImageSteps& find(const infer::ImageSpec& spec, const std::string& key) {
    auto& known = steps_[key];
    if (!known) known = std::make_unique<infer::ImageSteps>(spec);
    return *known;
  }

 private:
  std::map<std::string, std::unique_ptr<infer::ImageSteps>> steps_;
};

bool read_request(std::istream& in, KnownSteps& known, Request& request) {
  std::string line;
  if (!std::getline(in, line)) return false;
  std::istringstream words(line);
  infer::ImageSpec spec = parse_spec(words);
  words >> request.pixels.size.height >> request.pixels.size.width >> spec.size.height >> spec.size.width;
  request.size = spec.size;
  const std::string key = line.substr(0, line.find(';')) + std::to_string(spec.size.height) + " " +
                          std::to_string(spec.size.width);
  request.steps = &known.find(spec, key);
  auto& values = request.pixels.values;
  values.resize(static_cast<std::size_t>(request.pixels.size.height) * request.pixels.row_bytes());
  if (!in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size()))) {
    throw std::runtime_error("a picture is cut off");
  }
  return true;
}

std::vector<std::byte> result_of(const Request& request) {
  return std::vector<std::byte>(static_cast<std::size_t>(request.size.height) *
                                static_cast<std::size_t>(request.size.width) * 3);
}

void put_number(std::ostream& out, std::size_t number) {
  const auto narrow = static_cast<std::uint32_t>(number);
  out.write(reinterpret_cast<const char*>(&narrow), sizeof narrow);
}

void answer(const Request& request, std::ostream& out) {
  std::vector<std::byte> result = result_of(request);
  if (const auto problem = request.steps->apply(request.pixels, result)) {
    put_number(out, 0);
    put_number(out, 0);
    put_number(out, problem->size());
    out << *problem;
    return;
  }
  put_number(out, static_cast<std::size_t>(request.size.height));
  put_number(out, static_cast<std::size_t>(request.size.width));
  out.write(reinterpret_cast<const char*>(result.data()), static_cast<std::streamsize>(result.size()));
}

void time_requests(std::deque<Request>& requests, int runs) {
  for (int run = 0; run < runs; ++run) {
    std::vector<std::byte> result = result_of(requests.front());
    const std::clock_t start = std::clock();
    for (Request& request : requests) {
      if (request.steps->apply(request.pixels, result)) throw std::runtime_error("a picture is refused");
    }
    std::printf("%.6f\n", static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  KnownSteps known;
  if (argc == 3 && std::string_view(argv[1]) == "time") {
    std::deque<Request> requests;
    for (Request request; read_request(std::cin, known, request);) requests.push_back(std::move(request));
    time_requests(requests, std::stoi(argv[2]));
    return 0;
  }
  for (Request request; read_request(std::cin, known, request);) answer(request, std::cout);
  return 0;
}
