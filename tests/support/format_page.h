// Example bytes on the pages of docs/formats, compared with what the code makes.
//
// Ownership: plain values. Thread-safety: pure but for reading the page. Errors: a page that cannot
// be read holds nothing.
#ifndef TOMBOLO_TESTS_SUPPORT_FORMAT_PAGE_H_
#define TOMBOLO_TESTS_SUPPORT_FORMAT_PAGE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "gateway/base/text.h"

namespace tombolo::testing {

// `bytes` as the pages write them: indented by four, 32 bytes a line.
inline std::string AsOnPages(std::string_view bytes) {
  constexpr size_t kDigitsInALine = 64;
  const std::string hex = ToHex(bytes);
  std::string out;
  for (size_t at = 0; at < hex.size(); at += kDigitsInALine) {
    out += "    " + hex.substr(at, kDigitsInALine) + "\n";
  }
  return out;
}

// That docs/formats/`page` shows these bytes.
inline ::testing::AssertionResult PageShows(std::string_view page, std::string_view bytes) {
  std::ifstream in(std::filesystem::path(TOMBOLO_SOURCE_DIR) / "docs/formats" / page);
  std::ostringstream text;
  text << in.rdbuf();
  if (text.str().find("\n" + AsOnPages(bytes)) != std::string::npos) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << page << " does not show\n" << AsOnPages(bytes);
}

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_FORMAT_PAGE_H_
