// Code lists and unit lists of a pack: CSV files beside pack.yaml, the list's name is the base
// name.
//
// The header says what a file is: `code,label`; `value,code,label` where each row also maps a value
// of the source to a code (several values may mean one code); `unit,factor,currency` for amounts.
// Ownership: a list owns its entries; pointers into it live as long. Thread-safety: immutable once
// parsed. Errors: PACK_INVALID naming file and line; CONFIG_SYNTAX for broken CSV; LIMIT_EXCEEDED.
#ifndef TOMBOLO_ADAPTERS_ENGINE_CODE_LIST_H_
#define TOMBOLO_ADAPTERS_ENGINE_CODE_LIST_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/engine/money.h"
#include "gateway/base/error.h"

namespace tombolo::engine {

class CodeList {
 public:
  struct Entry {
    std::string code;
    std::string label;
  };

  static StatusOr<CodeList> Parse(std::string_view file, std::string_view text);

  // By a value of the source, else by the code itself; nullptr if neither is known.
  const Entry* Find(std::string_view value) const;
  const Entry* FindCode(std::string_view code) const;
  const MoneyUnit* FindUnit(std::string_view unit) const;
  bool is_units() const { return is_units_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Status AddCode(std::string_view value, std::string_view code, std::string_view label);
  Status AddUnit(std::string_view unit, std::string_view factor, std::string_view currency);

  bool is_units_ = false;
  std::vector<Entry> entries_;
  absl::flat_hash_map<std::string, size_t> by_value_;
  absl::flat_hash_map<std::string, size_t> by_code_;
  absl::flat_hash_map<std::string, MoneyUnit> units_;
};

using CodeLists = std::map<std::string, CodeList, std::less<>>;

// "lists/outcome.csv" is the list "outcome".
std::string ListNameOf(std::string_view file);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_CODE_LIST_H_
