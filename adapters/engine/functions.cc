#include "adapters/engine/functions.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/engine/poison.h"
#include "adapters/engine/row_set.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

// What SQLite hands back with each call.
struct Bound {
  const FunctionSpec* spec;
  FunctionContext* context;
};

void Trampoline(sqlite3_context* sqlite, int count, sqlite3_value** args) {
  const auto* const bound = static_cast<const Bound*>(sqlite3_user_data(sqlite));
  const FunctionSpec& spec = *bound->spec;
  const Call call(sqlite, count, args, bound->context);
  if (count < spec.args_min || (spec.args_max != kAnyCount && count > spec.args_max)) {
    call.Fail(absl::StrCat("wrong number of arguments to ", spec.name, "()"));
    return;
  }
  if (!spec.takes_poison) {
    for (int i = 0; i < count; ++i) {
      if (sqlite3_value_type(args[i]) == SQLITE_TEXT && IsPoison(call.Text(i))) {
        call.ReturnValue(i);
        return;
      }
    }
  }
  spec.body(call);
}

// rows(_row): the numbers of a group's rows.
struct RowsState {
  std::vector<uint64_t>* rows;
};

void RowsStep(sqlite3_context* sqlite, int /*count*/, sqlite3_value** args) {
  auto* const state = static_cast<RowsState*>(sqlite3_aggregate_context(sqlite, sizeof(RowsState)));
  if (state == nullptr) return sqlite3_result_error_nomem(sqlite);
  if (state->rows == nullptr) state->rows = new std::vector<uint64_t>;
  if (sqlite3_value_type(args[0]) == SQLITE_NULL) return;
  if (sqlite3_value_type(args[0]) != SQLITE_INTEGER || sqlite3_value_int64(args[0]) < 1) {
    return sqlite3_result_error(sqlite, "rows() takes _row of the driving source", -1);
  }
  state->rows->push_back(static_cast<uint64_t>(sqlite3_value_int64(args[0])));
}

void RowsFinal(sqlite3_context* sqlite) {
  auto* const state = static_cast<RowsState*>(sqlite3_aggregate_context(sqlite, 0));
  if (state == nullptr || state->rows == nullptr) return sqlite3_result_null(sqlite);
  const std::string bytes = EncodeRows(state->rows);
  delete state->rows;
  state->rows = nullptr;
  sqlite3_result_blob64(sqlite, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

}  // namespace

void Call::ReturnTextOrNull(std::string_view text) const {
  if (Trim(text).empty()) return ReturnNull();
  ReturnText(text);
}

void Call::ReturnPoison(Code code, std::string_view value, std::string_view reason) const {
  const std::string poison = MakePoison(code, value, reason);
  ++context_->open_poisons;
  context_->last_poison = poison;
  ReturnText(poison);
}

void Call::Fail(std::string_view message) const {
  sqlite3_result_error(sqlite_, message.data(), static_cast<int>(message.size()));
}

void AddScalars(sqlite3* db, const FunctionSpec* specs, size_t count, FunctionContext* context) {
  for (size_t i = 0; i < count; ++i) {
    sqlite3_create_function_v2(db, specs[i].name, -1, kFlags, new Bound{&specs[i], context},
                               Trampoline, nullptr, nullptr,
                               [](void* p) { delete static_cast<Bound*>(p); });
  }
}

void AddRowsAggregate(sqlite3* db) {
  sqlite3_create_function_v2(db, "rows", 1, kFlags, nullptr, nullptr, RowsStep, RowsFinal, nullptr);
}

void AddFunctions(sqlite3* db, FunctionContext* context) {
  AddTextFunctions(db, context);
  AddValueFunctions(db, context);
  AddCodeFunctions(db, context);
  AddRowsAggregate(db);
  AddSplitTable(db);
}

bool FunctionAllowed(std::string_view name) {
  // Left out on purpose: date and time functions (they know "now"), random, everything that counts
  // changes or rowids, loads code, or computes with floats beyond the four operations (results of
  // libm differ between machines).
  static constexpr std::string_view kAllowed[] = {
      "->", "->>", "abs", "char", "coalesce", "count", "dense_rank", "first_value", "format",
      "glob", "group_concat", "hex", "ifnull", "iif", "instr", "json", "json_array",
      "json_array_length", "json_extract", "json_group_array", "json_group_object", "json_object",
      "json_quote", "json_type", "json_valid", "lag", "last_value", "lead", "length", "like",
      "likelihood", "likely", "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif",
      "printf", "quote", "rank", "replace", "round", "row_number", "rtrim", "sign", "substr",
      "substring", "sum", "trim", "typeof", "unicode", "unlikely", "upper",
      // ours
      "add_days", "add_months", "after", "amount", "before", "clean", "code", "coded", "decimal",
      "fault", "fold_case", "ident", "integer", "is_fault", "iso_date", "label", "mask", "no_fault",
      "norm_id", "nullif_any", "number", "parse_date", "part", "rows", "text_between", "texts"};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(std::begin(kAllowed), std::end(kAllowed), lower) != std::end(kAllowed);
}

}  // namespace tombolo::engine
