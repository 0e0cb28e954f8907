// Names a row in the results as we named it: without what Google Benchmark appends to tell how it
// was run ("/iterations:1", "/real_time").
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace pharox::bench {

template <class Reporter>
class PlainNames final : public Reporter {
 public:
  using Reporter::Reporter;
  using Run = benchmark::BenchmarkReporter::Run;

  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> named = runs;
    for (Run& run : named) {
      const std::string name = run.run_name.function_name;
      run.run_name = {};
      run.run_name.function_name = name;
      rows_.insert(name);
      failed_ += run.error_occurred ? 1 : 0;
    }
    Reporter::ReportRuns(named);
  }

  // Rows that were run, and runs that reported an error.
  std::size_t reported() const { return rows_.size(); }
  std::size_t failed() const { return failed_; }

 private:
  std::set<std::string> rows_;
  std::size_t failed_ = 0;
};

}  // namespace pharox::bench
