#include "tests/integration/serve_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/numbers.h"
#include "gateway/os/local_http.h"

namespace tombolo::testing {
namespace {

constexpr int kSpanMs = 15000;
constexpr int kAskAgainMs = 50;

int64_t NowMs() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

ServeProcess::ServeProcess(const std::string& program, const std::string& node_folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ < 0) std::abort();
  if (pid_ == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "serve", "--node", node_folder.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  errors_ = ends[0];
}

ServeProcess::~ServeProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(errors_);
}

bool ServeProcess::ReadMore(int span_ms) {
  pollfd wait = {errors_, POLLIN, 0};
  if (span_ms <= 0 || ::poll(&wait, 1, span_ms) != 1) return false;
  char block[4096];
  const ssize_t size = ::read(errors_, block, sizeof(block));
  if (size <= 0) return false;
  log_.append(block, static_cast<size_t>(size));
  return true;
}

std::string ServeProcess::LineWith(const std::string& text, int span_ms) {
  const int64_t until_ms = NowMs() + span_ms;
  for (;;) {
    for (size_t end = log_.find('\n', given_); end != std::string::npos;
         end = log_.find('\n', given_)) {
      const std::string line = log_.substr(given_, end - given_);
      given_ = end + 1;
      if (line.find(text) != std::string::npos) return line;
    }
    if (!ReadMore(static_cast<int>(until_ms - NowMs()))) return {};
  }
}

uint16_t ServeProcess::Port(const std::string& name) {
  if (ready_.empty()) ready_ = LineWith("\"event\":\"ready\"");
  const std::string key = "\"" + name + "\":";
  const size_t at = ready_.find(key);
  uint32_t port = 0;
  if (at != std::string::npos) {
    const size_t begin = at + key.size();
    (void)absl::SimpleAtoi(ready_.substr(begin, ready_.find_first_of(",}", begin) - begin), &port);
  }
  return static_cast<uint16_t>(port);
}

void ServeProcess::Signal(int number) { ::kill(pid_, number); }

int ServeProcess::Join() {
  const int64_t until_ms = NowMs() + kSpanMs;
  while (ReadMore(static_cast<int>(until_ms - NowMs()))) {
  }
  int state = 0;
  if (::waitpid(pid_, &state, NowMs() < until_ms ? 0 : WNOHANG) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

int64_t ServeProcess::MemoryKib() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string word; in >> word;) {
    int64_t kib = 0;
    if (word == "Pss:" && in >> kib) return kib;
  }
  return -1;
}

std::string ServeProcess::Get(const std::string& path) {
  const std::string address = "127.0.0.1:" + std::to_string(Port("local_port"));
  const StatusOr<std::string> body = os::GetLocal(address, path, kSpanMs);
  return body.ok() ? *body : Describe(body.status());
}

bool ServeProcess::Answers(const std::string& path, const std::string& text) {
  const int64_t until_ms = NowMs() + kSpanMs;
  do {
    if (Get(path).find(text) != std::string::npos) return true;
    (void)ReadMore(kAskAgainMs);
  } while (NowMs() < until_ms);
  return false;
}

}  // namespace tombolo::testing
