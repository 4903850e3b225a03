// Runs a command line of the program in this process.
//
// Ownership: plain values. Thread-safety: one thread; the standard streams are captured meanwhile.
// Errors: none; they are in what was written and in the exit code.
#ifndef TOMBOLO_TESTS_SUPPORT_COMMAND_LINE_H_
#define TOMBOLO_TESTS_SUPPORT_COMMAND_LINE_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/app/cli.h"

namespace tombolo::testing {

struct CommandOutcome {
  int code = 0;
  std::string out, error;
};

// `words` without the program's name.
inline CommandOutcome RunWords(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"tombolo"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  CommandOutcome outcome;
  outcome.code = app::RunCommandLine(static_cast<int>(argv.size()), argv.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.error = ::testing::internal::GetCapturedStderr();
  return outcome;
}

// The same where nothing but success will do; gives standard output.
inline std::string DoWords(const std::vector<std::string>& words) {
  const CommandOutcome outcome = RunWords(words);
  EXPECT_EQ(outcome.code, 0) << words[0] << " " << words[1] << ": " << outcome.error;
  return outcome.out;
}

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_COMMAND_LINE_H_
