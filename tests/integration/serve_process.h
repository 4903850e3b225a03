// `tombolo serve` as a process of its own, and what it writes to standard error.
//
// Ownership: owns the process and ends it. Thread-safety: one thread; waits are bounded. Errors: a
// process that cannot be started ends the program.
#ifndef TOMBOLO_TESTS_INTEGRATION_SERVE_PROCESS_H_
#define TOMBOLO_TESTS_INTEGRATION_SERVE_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tombolo::testing {

class ServeProcess {
 public:
  ServeProcess(const std::string& program, const std::string& node_folder);
  ~ServeProcess();
  ServeProcess(const ServeProcess&) = delete;
  ServeProcess& operator=(const ServeProcess&) = delete;

  // The first line not yet given back that has `text` in it; empty if none comes in time.
  std::string LineWith(const std::string& text, int span_ms = 10000);
  // The number behind "NAME": in the line that says that the server is ready.
  uint16_t Port(const std::string& name);
  void Signal(int number);
  // The exit code, or -1 if it does not end in time.
  int Join();
  // Proportional set size, KiB.
  int64_t MemoryKib() const;
  // Answers of its local listener.
  std::string Get(const std::string& path);
  // Asks until the answer has `text`, for at most ten seconds.
  bool Answers(const std::string& path, const std::string& text);
  const std::string& log() const { return log_; }

 private:
  bool ReadMore(int span_ms);

  pid_t pid_ = -1;
  int errors_ = -1;  // of its standard error
  std::string log_;
  size_t given_ = 0;  // bytes of log_ that LineWith has passed
  std::string ready_;
};

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_INTEGRATION_SERVE_PROCESS_H_
