// What is wrong with a record, one thing a case, made from sound records of the sample catalogue.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_RULES_CASES_H_
#define TOMBOLO_TESTS_UNIT_RECORD_RULES_CASES_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/record/rules.h"
#include "tests/unit/record/catalogue_sample.h"

namespace tombolo::record {

inline constexpr int32_t kToday = 20000;  // 2024-10-04

// The value of a field by its name; the field must exist.
Value& At(Draft* draft, std::string_view name);
// A sound record of item kRegister, kPenalty or kList.
Draft SoundDraft(const Catalogue& catalogue, int item);

struct RecordCase {
  std::string name;
  Code code;
  std::string column;
  int item;
  std::function<void(Draft*)> damage;
  // As in CatalogueCase.
  std::function<void(v1::ProfileRules*)> switch_off;
};

inline void PrintTo(const RecordCase& one, std::ostream* out) { *out << one.name; }

std::vector<RecordCase> ValueCases();
std::vector<RecordCase> HeaderCases();
std::vector<RecordCase> CoreCases();
std::vector<RecordCase> ProfileCases();

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_RULES_CASES_H_
