// The SQL functions of packs. docs/packs.md has them all with examples.
//
// Each is deterministic: none sees a clock, a random number or another row. Blank text (empty, NULL
// or white space alone) gives NULL; a text that a function cannot make anything of gives a poison
// (poison.h), which the other functions hand on unchanged.
// Ownership: the context must outlive the connection. Thread-safety: one thread per connection.
// Errors: a call that is wrong whatever the data (unknown list, scheme or format) fails the
// statement.
#ifndef TOMBOLO_ADAPTERS_ENGINE_FUNCTIONS_H_
#define TOMBOLO_ADAPTERS_ENGINE_FUNCTIONS_H_

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/engine/code_list.h"
#include "gateway/base/error.h"
#include "gateway/record/catalogue.h"

namespace tombolo::engine {

// What coverage wants to know: codes of lists that were met, and values that no list has.
struct CodeUse {
  struct Seen {
    uint64_t rows = 0;
    uint64_t last_row = 0;
  };
  uint64_t row = 0;  // that the run stands on; 0 if none
  std::map<std::string, std::set<std::string>> met;
  std::map<std::pair<std::string, std::string>, Seen> unknown;  // by list and value

  void CountUnknown(std::string_view list, std::string_view value) {
    Seen& seen = unknown[{std::string(list), std::string(value)}];
    // A SELECT may ask for one value several times on a row.
    if (row != 0 && seen.last_row == row) return;
    seen.last_row = row;
    ++seen.rows;
  }
};

struct FunctionContext {
  const CodeLists* lists = nullptr;
  const record::Catalogue* catalogue = nullptr;
  // Poisons made since somebody set this to 0 and not excused by no_fault() or is_fault(): a
  // builtin (CAST, a comparison) may have swallowed one, and then the row must not be accepted.
  uint64_t open_poisons = 0;
  std::string last_poison;
  CodeUse* use = nullptr;  // may be nullptr
};

// One call of a scalar function: arguments as text, results of each sort.
class Call {
 public:
  Call(sqlite3_context* sqlite, int count, sqlite3_value** args, FunctionContext* context)
      : context_(context), sqlite_(sqlite), args_(args), count_(count) {}

  int count() const { return count_; }
  FunctionContext& context() const { return *context_; }
  bool IsNull(int i) const { return sqlite3_value_type(args_[i]) == SQLITE_NULL; }
  // Not a NUL-terminated copy: sqlite3_value_text would make one of a cell that lies in a buffer.
  std::string_view Text(int i) const {
    const void* const data = sqlite3_value_blob(args_[i]);
    return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_value_bytes(args_[i]))};
  }
  int64_t Integer(int i) const { return sqlite3_value_int64(args_[i]); }
  sqlite3_value* Value(int i) const { return args_[i]; }

  void ReturnText(std::string_view text) const {
    sqlite3_result_text64(sqlite_, text.data() == nullptr ? "" : text.data(), text.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void ReturnTextOrNull(std::string_view text) const;  // blank = NULL
  void ReturnNull() const { sqlite3_result_null(sqlite_); }
  void ReturnInteger(int64_t value) const { sqlite3_result_int64(sqlite_, value); }
  void ReturnValue(int i) const { sqlite3_result_value(sqlite_, args_[i]); }
  void ReturnPoison(Code code, std::string_view value, std::string_view reason) const;
  // The call itself is wrong: ends the statement.
  void Fail(std::string_view message) const;

  // Something compiled from constant argument `i`, kept by SQLite for the next call.
  template <typename T>
  T* Kept(int i) const {
    return static_cast<T*>(sqlite3_get_auxdata(sqlite_, i));
  }
  template <typename T>
  void Keep(int i, T* owned) const {
    sqlite3_set_auxdata(sqlite_, i, owned, [](void* p) { delete static_cast<T*>(p); });
  }

 private:
  FunctionContext* context_;
  sqlite3_context* sqlite_;
  sqlite3_value** args_;
  int count_;
};

struct FunctionSpec {
  const char* name;
  int args_min;
  int args_max;  // kAnyCount = no bound but SQLite's own
  void (*body)(const Call& call);
  bool takes_poison = false;  // looks at poisons itself
};

inline constexpr int kAnyCount = -1;

void AddScalars(sqlite3* db, const FunctionSpec* specs, size_t count, FunctionContext* context);
void AddTextFunctions(sqlite3* db, FunctionContext* context);
void AddValueFunctions(sqlite3* db, FunctionContext* context);
void AddCodeFunctions(sqlite3* db, FunctionContext* context);
void AddRowsAggregate(sqlite3* db);
void AddSplitTable(sqlite3* db);

// All of them.
void AddFunctions(sqlite3* db, FunctionContext* context);

// True for our functions and the builtins whose result depends on nothing but their arguments and
// the rows of the query.
bool FunctionAllowed(std::string_view name);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_FUNCTIONS_H_
