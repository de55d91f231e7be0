// Jobs for micro.cpp to time, each with several ways to do it.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace infer::bench {

/// Does the whole job on the calling thread. Returns what tells whether it was done: the same number for
/// every way of a job.
struct Way {
  std::string name;
  std::function<double()> run;
};

/// Reads lines {"id":n,"x":[width floats]}. The number is the sum of every record's last float.
std::vector<Way> ways_to_read_floats(const std::string& path, std::size_t width);

/// Reads lines {"id":n,"text":"..."}. The number is that of the records, counted by their ids.
std::vector<Way> ways_to_read_texts(const std::string& path);

/// Writes rows of `width` floats, given as bytes. The number is how many bytes all floats take, each with its
/// comma.
std::vector<Way> ways_to_write(const std::string& path, std::size_t width);

/// The rows of ways_to_write() as infer writes them.
std::string rows_text(const std::string& path, std::size_t width);

}  // namespace infer::bench
