// The rules a record must satisfy: the core's, and those that its catalogue's profile switches on.
//
// Pure: `today` is an argument. Each rule has one code (gateway/base/errors.def), one line in
// docs/reference/rules.md and tests. All faults of a record are found, not the first only.
// Ownership: none kept. Thread-safety: pure. Errors: faults; nothing else can go wrong.
#ifndef TOMBOLO_GATEWAY_RECORD_RULES_H_
#define TOMBOLO_GATEWAY_RECORD_RULES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/catalogue.h"
#include "gateway/record/draft.h"

namespace tombolo::record {

struct Verdict {
  std::vector<Fault> faults;    // not empty: the record is refused
  std::vector<Fault> warnings;  // told, counted, not refused
  // The last day on which the verdict of a sound record holds, if no content changes; absent: it
  // holds on every later day.
  std::optional<int32_t> holds_through;
};

// Brings values to normal form in place (identifiers by their schemes, publish_until from the
// item's term), then applies every rule. Texts keep the bytes that the source gave them: no Unicode
// normalisation. `today`: days since 1970-01-01. `verdict` is overwritten.
void Validate(const Catalogue& catalogue, int32_t today, Draft* draft, Verdict* verdict);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_RULES_H_
