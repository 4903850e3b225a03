// Replays the corpus of a fuzz target as an ordinary test.
//
// Ownership: plain values. Thread-safety: one thread. Errors: failed expectations; what the target
// itself finds ends the program.
#ifndef TOMBOLO_TESTS_FUZZ_RUN_CORPUS_H_
#define TOMBOLO_TESTS_FUZZ_RUN_CORPUS_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace tombolo::fuzz {

inline std::filesystem::path CorpusFolder(const std::string& folder) {
  return std::filesystem::path(TOMBOLO_SOURCE_DIR) / "tests/fuzz/corpus" / folder;
}

// Each file of tests/fuzz/corpus/`folder` through `run`; how many there were.
inline size_t RunCorpus(const std::string& folder, void (*run)(std::string_view)) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CorpusFolder(folder))) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    SCOPED_TRACE(entry.path().filename());
    run(content.str());
    ++files;
  }
  return files;
}

// The corpora below tests/fuzz/corpus/`folder`, to be compared with those that a test runs.
inline std::set<std::string> CorporaIn(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CorpusFolder(folder))) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

}  // namespace tombolo::fuzz

#endif  // TOMBOLO_TESTS_FUZZ_RUN_CORPUS_H_
