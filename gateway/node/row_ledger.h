// What became of every source row of one file: one byte a row, the most telling outcome wins.
//
// Ownership: plain object. Thread-safety: one thread. Errors: none; a row number of 0 is a broken
// invariant.
#ifndef TOMBOLO_GATEWAY_NODE_ROW_LEDGER_H_
#define TOMBOLO_GATEWAY_NODE_ROW_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::node {

class RowLedger {
 public:
  // Ascending in what they tell. Below kMerged stand the rules that leave rows out, by number
  // from 1.
  static constexpr uint8_t kUntold = 0;
  static constexpr uint8_t kRulesMax = 200;
  static constexpr uint8_t kMerged = 201;
  static constexpr uint8_t kUnchanged = 202;
  static constexpr uint8_t kChanged = 203;
  static constexpr uint8_t kNew = 204;
  static constexpr uint8_t kQuarantined = 205;

  // The first row of a record gets the outcome, the others were merged into it.
  void Record(absl::Span<const uint64_t> rows, uint8_t outcome);
  // All rows get the outcome.
  void Each(absl::Span<const uint64_t> rows, uint8_t outcome);
  void LeftOut(absl::Span<const uint64_t> rows, const std::string& rule);

  // Rows that have an outcome.
  uint64_t Told() const;
  v1::Balance Sum(uint64_t rows_read) const;
  std::map<std::string, uint64_t> LeftOutByRule() const;

 private:
  void Raise(uint64_t row, uint8_t outcome);

  std::vector<uint8_t> outcome_;  // [row - 1]
  std::vector<std::string> rules_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_ROW_LEDGER_H_
