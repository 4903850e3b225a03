#include "gateway/node/row_ledger.h"

#include <algorithm>

namespace tombolo::node {

void RowLedger::Raise(uint64_t row, uint8_t outcome) {
  if (row > outcome_.size()) {
    if (row > outcome_.capacity()) outcome_.reserve(std::max<size_t>(row, outcome_.capacity() * 2));
    outcome_.resize(row, kUntold);
  }
  uint8_t& present = outcome_[row - 1];
  const bool both_rules = outcome <= kRulesMax && present != kUntold && present <= kRulesMax;
  if (!both_rules)
    present = std::max(present, outcome);  // the first rule that left it out keeps it
}

void RowLedger::Record(absl::Span<const uint64_t> rows, uint8_t outcome) {
  for (size_t i = 0; i < rows.size(); ++i) Raise(rows[i], i == 0 ? outcome : kMerged);
}

void RowLedger::Each(absl::Span<const uint64_t> rows, uint8_t outcome) {
  for (const uint64_t row : rows) Raise(row, outcome);
}

void RowLedger::LeftOut(absl::Span<const uint64_t> rows, const std::string& rule) {
  auto it = std::find(rules_.begin(), rules_.end(), rule);
  if (it == rules_.end()) it = rules_.insert(rules_.end(), rule);
  const size_t number = std::min<size_t>(it - rules_.begin() + 1, kRulesMax);
  Each(rows, static_cast<uint8_t>(number));
}

uint64_t RowLedger::Told() const {
  return outcome_.size() - std::count(outcome_.begin(), outcome_.end(), kUntold);
}

v1::Balance RowLedger::Sum(uint64_t rows_read) const {
  uint64_t counts[256] = {};
  for (const uint8_t outcome : outcome_) ++counts[outcome];
  v1::Balance balance;
  balance.set_rows_read(rows_read);
  balance.set_rows_new(counts[kNew]);
  balance.set_rows_changed(counts[kChanged]);
  balance.set_rows_unchanged(counts[kUnchanged]);
  balance.set_rows_merged(counts[kMerged]);
  balance.set_rows_quarantined(counts[kQuarantined]);
  uint64_t left_out = 0;
  for (size_t rule = 1; rule <= kRulesMax; ++rule) left_out += counts[rule];
  balance.set_rows_left_out(left_out);
  return balance;
}

std::map<std::string, uint64_t> RowLedger::LeftOutByRule() const {
  std::map<std::string, uint64_t> by_rule;
  for (const uint8_t outcome : outcome_) {
    if (outcome != kUntold && outcome <= kRulesMax) ++by_rule[rules_.at(outcome - 1)];
  }
  return by_rule;
}

}  // namespace tombolo::node
