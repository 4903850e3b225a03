// The fixture of the tests of runs: a pack of one SELECT over files in memory.
//
// Ownership: values. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_UNIT_ENGINE_RUN_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_ENGINE_RUN_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/engine/run.h"
#include "tests/unit/engine/engine_support.h"

namespace tombolo::engine::testing {

inline constexpr char kPlain[] =
    "SELECT _row AS _rows, id AS key_1, name AS \"subject.name\" FROM src";

inline MemoryFile FourColumns(std::vector<Cells> rows) {
  MemoryFile file;
  file.columns = {"id", "name", "day", "extra"};
  file.rows = std::move(rows);
  return file;
}

class RunTest : public ::testing::Test {
 protected:
  StatusOr<RunResult> RunFiles(const Files& files, MemoryFile file, MemoryFile places = {}) {
    file_ = std::move(file);
    places_ = std::move(places);
    const StatusOr<std::shared_ptr<const Pack>> pack = LoadPack(files);
    if (!pack.ok()) return pack.status();
    pack_ = *pack;
    std::vector<SourceFile> lookups;
    if (!places_.columns.empty()) lookups.push_back(places_.AsSource("places", "places.csv"));
    return engine::Run(*pack_, file_.AsSource("src", "src.csv"), lookups, &sink_);
  }
  StatusOr<RunResult> RunSql(const std::string& sql, MemoryFile file, MemoryFile places = {}) {
    return RunFiles(SimplePack(sql), std::move(file), std::move(places));
  }

  std::shared_ptr<const Pack> pack_;
  MemoryFile file_, places_;
  KeepingSink sink_;
};

}  // namespace tombolo::engine::testing

#endif  // TOMBOLO_TESTS_UNIT_ENGINE_RUN_FIXTURE_H_
