// The list of rules: what each code asks for, who is bound, what to do. Made into
// docs/reference/rules.md.
//
// Ownership: constants. Thread-safety: constants. Errors: none.
#ifndef TOMBOLO_GATEWAY_RECORD_RULE_LIST_H_
#define TOMBOLO_GATEWAY_RECORD_RULE_LIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::record {

struct RuleInfo {
  Code code;
  std::string_view binds;    // "every catalogue" or the switch of the profile that turns it on
  std::string_view checked;  // "load", "record" or "load, record"
  std::string_view condition;
  std::string_view advice;
};

// One entry a code, in the order of errors.def.
const std::vector<RuleInfo>& AllRules();

// The whole text of docs/reference/rules.md.
std::string RulesPage();

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_RULE_LIST_H_
