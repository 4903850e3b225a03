// A table of administrative divisions with history: what a code named on a day, or ever.
//
// Key is (code, period): a code may come back, or be given to another place. Days are since
// 1970-01-01; a period is half-open: valid_from <= day < valid_until. Country-neutral: codes are
// opaque, levels and parents are stated by rows. Ownership: owns its rows; pointers stay good as
// long as the table. Thread-safety: immutable once built. Errors: CONFIG_SYNTAX and CONFIG_VALUE,
// naming file, line and what is wrong.
#ifndef TOMBOLO_GATEWAY_RECORD_DIVISION_H_
#define TOMBOLO_GATEWAY_RECORD_DIVISION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/error.h"
#include "gateway/record/profile.h"

namespace tombolo::record {

class DivisionTable {
 public:
  // Adds the rows of a CSV (code,name,parent,level,valid_from,valid_to,successors). May be called
  // for several files; parents and successors may lie in any of them.
  Status AddCsv(std::string_view text, std::string_view file);
  // Sorts and checks the whole: periods of one code do not overlap, parents and successors exist.
  // Call once, last.
  Status Finish();

  // The division of `code` on `day`; without a day the latest one that had the code. nullptr if
  // none.
  const Division* Find(std::string_view code, std::optional<int32_t> day) const;
  size_t size() const { return rows_.size(); }

 private:
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  std::vector<Division> rows_;  // by code, then by period once finished
  absl::flat_hash_map<std::string, Range> index_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_DIVISION_H_
