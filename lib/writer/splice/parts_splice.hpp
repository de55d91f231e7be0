// Into a folder of parts: those with new rows are written anew under names of their own, the others get such
// a name beside the one that they have. The output is their manifest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "writer/output_file.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/splice/retry_config.hpp"
#include "writer/splice/splice.hpp"

namespace infer {

class PartsSplice : public Splice {
 public:
  /// Goes on behind the parts that are done, with so many selected records. Keeps references to the first
  /// two; `config.parts` is set.
  PartsSplice(const RetryConfig& config, OutputFile& manifest, std::uint64_t done,
              std::function<void()> on_progress);

  void put(const NewRow& row) override;
  void take_over_until(std::uint64_t record) override;
  void go_on_to(std::uint64_t record) override { take_over_until(record); }
  void finish() override;
  bool is_between() const override { return splice_ == nullptr; }
  std::uint64_t records() const override { return sum_.records; }
  void remove_replaced() const override;

 private:
  const RetryParts& parts() const { return *config_.parts; }
  const ManifestPart& planned() const { return parts().planned[part_]; }
  std::uint64_t end() const { return planned().first_record + planned().records; }
  void open_part();
  void close_part();
  bool stays() const;
  void keep_part();
  void write_line(ManifestPart part);

  const RetryConfig& config_;
  OutputFile& manifest_;
  std::function<void()> on_progress_;
  std::uint64_t done_;  ///< records that were put, of all selected ones
  std::size_t part_ = 0;
  ManifestSum sum_;
  // Of the part that is being written:
  std::optional<OutputFile> file_;
  std::unique_ptr<Splice> splice_;
  std::uint64_t failed_ = 0;
};

}  // namespace infer
