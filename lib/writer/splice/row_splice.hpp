// Row by row into a file whose rows are not packed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "writer/output_file.hpp"
#include "writer/splice/earlier_output.hpp"
#include "writer/splice/retry_config.hpp"
#include "writer/splice/splice.hpp"

namespace infer {

class RowSplice : public Splice {
 public:
  /// Where the first row that is read stands.
  struct From {
    std::uint64_t position = 0;  ///< byte of the first file
    std::uint64_t row = 0;       ///< of all
    std::uint64_t done = 0;      ///< selected records before it
  };

  /// `files`: of the earlier output. Keeps a reference to `target`. Taking over may take long: `on_progress`
  /// is called now and then.
  RowSplice(const RetryConfig& config, std::vector<std::string> files, OutputFile& target, From from,
            std::function<void()> on_progress);

  void put(const NewRow& row) override;
  void take_over_until(std::uint64_t record) override;
  std::string header() const override { return earlier_.header(); }
  std::uint64_t position() const override { return earlier_.position(); }
  std::uint64_t records() const override { return earlier_.row() + (in_place_ ? 0 : done_); }

  /// Takes over nothing of so many rows.
  void skip_rows(std::uint64_t rows);

 private:
  bool take_over_row();
  void drop_failed_row();

  RowLayout layout_;
  bool in_place_;
  OutputFile& target_;
  EarlierOutput earlier_;
  std::uint64_t done_;  ///< records that were put, of all selected ones
  std::function<void()> on_progress_;
  std::uint64_t told_ = 0;   ///< taken_ at the last on_progress_
  std::uint64_t taken_ = 0;  ///< bytes
};

}  // namespace infer
