// The terminal: tables that line up (also with wide characters), colours only for people, a
// progress bar, JSON.
//
// Ownership: plain objects. Thread-safety: one thread. Errors: none; a closed output ends the
// program quietly.
#ifndef TOMBOLO_GATEWAY_APP_CONSOLE_H_
#define TOMBOLO_GATEWAY_APP_CONSOLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/seams.h"

namespace tombolo::app {

// What the standard streams are connected to. Asked once.
struct Terminal {
  bool out_is_tty = false;
  bool err_is_tty = false;
  bool colours = false;  // out_is_tty, TERM is not dumb, NO_COLOR is not set
  size_t columns = 80;
};
const Terminal& TheTerminal();

enum class Tone { kPlain, kStrong, kGood, kBad, kDim };
std::string Toned(Tone tone, std::string_view text);

// Columns on a terminal that `text` takes: East Asian wide characters count two, combining marks
// none.
size_t DisplayWidth(std::string_view text);

class Table {
 public:
  // A name that starts with '>' is aligned right (numbers).
  explicit Table(std::vector<std::string> columns);
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Cells are cut with an ellipsis where the table would be wider than a terminal; never when
  // piped.
  std::string Render() const;

 private:
  std::vector<std::string> columns_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// A JSON object being written; values are escaped.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value);
  JsonObject& Number(std::string_view key, int64_t value);
  JsonObject& Flag(std::string_view key, bool value);
  JsonObject& Raw(std::string_view key, std::string_view json);
  std::string str() const { return body_.empty() ? "{}" : "{" + body_ + "}"; }

 private:
  void Key(std::string_view key);
  std::string body_;
};
std::string JsonArrayOf(const std::vector<std::string>& json_values);
std::string FaultJson(const Fault& fault);

// 12345678 as "12,345,678".
std::string Grouped(uint64_t number);

void Print(std::string_view text);       // to standard output
void PrintError(std::string_view text);  // to standard error

// From now on what libprotobuf logs by itself is written in the program's own form; but not that a
// message holds text that is not UTF-8, which whoever parsed it tells as an error.
void TakeLibraryLogs();

// A bar on standard error, only on a terminal and only after two seconds: share, rate and time
// left.
class Progress {
 public:
  Progress(Clock* clock, std::string label, uint64_t bytes_total, bool quiet);
  ~Progress();
  void Update(uint64_t rows, uint64_t bytes);
  void Done();  // takes the bar away

 private:
  Clock* clock_;
  std::string label_;
  uint64_t bytes_total_;
  bool shown_ = false;
  bool enabled_;
  int64_t start_us_;
  int64_t drawn_us_ = 0;
};

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_CONSOLE_H_
