#include "adapters/engine/output.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/field_value.h"
#include "adapters/engine/poison.h"
#include "adapters/engine/row_set.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

using HeaderDate = std::optional<int32_t> record::HeaderValues::*;
struct HeaderColumn {
  std::string_view name;
  HeaderDate date;
};
constexpr HeaderColumn kHeaderColumns[] = {{"decided_on", &record::HeaderValues::decided_on},
                                           {"effective_on", &record::HeaderValues::effective_on},
                                           {"valid_from", &record::HeaderValues::valid_from},
                                           {"valid_until", &record::HeaderValues::valid_until},
                                           {"publish_until", &record::HeaderValues::publish_until},
                                           {"share_until", &record::HeaderValues::share_until}};
constexpr std::string_view kKeyPrefix = "key_";
constexpr int kKeyPartsMax = 16;

// The connection has no mutex, so a column's value may be used like an argument's; asking the
// statement three times for each column costs a tenth of a run.
std::string_view TextOf(sqlite3_value* value) {
  const void* const data = sqlite3_value_blob(value);
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_value_bytes(value))};
}

std::string_view TextOf(sqlite3_stmt* statement, int index) {
  return TextOf(sqlite3_column_value(statement, index));
}

bool Blank(std::string_view text) {
  // Most texts do not begin with a blank, and then no trimming is needed to see it.
  return text.empty() || (static_cast<unsigned char>(text[0]) <= ' ' && Trim(text).empty()) ||
         (text[0] == '\xe3' && Trim(text).empty());
}

void AddFault(Code code, std::string_view column, std::string_view value, std::string_view reason,
              std::vector<Fault>* faults) {
  faults->push_back({code, std::string(column),
                     std::string(Utf8Prefix(value, limits::kFaultValueBytesMax)),
                     std::string(reason)});
}

// For a name that the item does not declare: the nearest that it does.
std::string Nearest(const record::ItemSpec& item, std::string_view name) {
  std::string nearest;
  size_t best = std::numeric_limits<size_t>::max();
  for (const record::FieldSpec& field : item.fields) {
    const size_t distance = EditDistance(name, field.name);
    if (distance >= best) continue;
    best = distance;
    nearest = field.name;
  }
  return nearest;
}

// Type, length and bytes of a value.
void AppendColumn(sqlite3_value* value, std::string* out) {
  const int type = sqlite3_value_type(value);
  out->push_back(static_cast<char>(type));
  std::string_view bytes;
  sqlite3_int64 whole = 0;
  double broken = 0;
  if (type == SQLITE_INTEGER) {
    whole = sqlite3_value_int64(value);
    bytes = {reinterpret_cast<const char*>(&whole), sizeof whole};
  } else if (type == SQLITE_FLOAT) {
    broken = sqlite3_value_double(value);
    bytes = {reinterpret_cast<const char*>(&broken), sizeof broken};
  } else if (type != SQLITE_NULL) {
    bytes = TextOf(value);
  }
  const auto size = static_cast<uint32_t>(bytes.size());
  out->append(reinterpret_cast<const char*>(&size), sizeof size);
  out->append(bytes);
}

}  // namespace

OutputPlan OutputPlan::Make(sqlite3_stmt* statement, const record::ItemSpec& item,
                            const CodeLists& lists, const record::Catalogue& catalogue,
                            std::vector<PlanProblem>* problems) {
  OutputPlan plan;
  plan.item_ = &item;
  plan.catalogue_ = &catalogue;
  std::set<std::string> seen;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* const raw = sqlite3_column_name(statement, i);
    const std::string name = raw == nullptr ? "" : raw;
    if (!seen.insert(name).second) {
      problems->push_back(
          {Code::PACK_INVALID, absl::StrCat("the column '", name, "' stands twice in the SELECT")});
      continue;
    }
    if (!plan.AddSpecial(i, name, problems)) plan.AddField(i, name, lists, problems);
  }
  plan.CheckWhole(problems);
  return plan;
}

bool OutputPlan::AddSpecial(int index, std::string_view name, std::vector<PlanProblem>* problems) {
  if (name == "_rows") {
    rows_ = index;
  } else if (name == "_leave_out") {
    leave_out_ = index;
  } else if (name == "_scope") {
    scope_ = index;
  } else if (name == "_item") {
    item_column_ = index;
  } else if (name == "_state") {
    columns_.push_back({Role::kState, index, 0, std::string(name)});
  } else if (absl::StartsWith(ToAbsl(name), ToAbsl(kKeyPrefix))) {
    int number = 0;
    if (!absl::SimpleAtoi(ToAbsl(name.substr(kKeyPrefix.size())), &number)) return false;
    if (number < 1 || number > kKeyPartsMax) {
      problems->push_back(
          {Code::PACK_INVALID,
           absl::StrCat("'", ToAbsl(name), "': key parts are key_1 to key_", kKeyPartsMax)});
      return true;
    }
    columns_.push_back({Role::kKey, index, number - 1, std::string(name)});
    ++keys_;
  } else {
    const auto* const header =
        std::find_if(std::begin(kHeaderColumns), std::end(kHeaderColumns),
                     [&](const HeaderColumn& column) { return column.name == name; });
    if (header == std::end(kHeaderColumns)) return false;
    columns_.push_back({Role::kHeaderDate, index,
                        static_cast<int>(header - std::begin(kHeaderColumns)), std::string(name)});
  }
  return true;
}

void OutputPlan::AddField(int index, std::string_view name, const CodeLists& lists,
                          std::vector<PlanProblem>* problems) {
  const int target = item_->FieldIndex(name);
  if (target < 0) {
    const std::string nearest = Nearest(*item_, name);
    problems->push_back(
        {Code::FIELD_UNKNOWN,
         absl::StrCat("the SELECT yields '", ToAbsl(name), "', which the item '", item_->code,
                      "' does not declare",
                      nearest.empty() ? "" : absl::StrCat("; the nearest is '", nearest, "'"))});
    return;
  }
  const record::FieldSpec& field = item_->fields[target];
  Column column{Role::kField, index, target, field.name, field.type, field.scheme};
  const auto list = lists.find(field.code_list);
  if (field.type == v1::CODE && !field.code_list.empty()) {
    column.list_name = field.code_list;
    if (list != lists.end()) column.list = &list->second;
  }
  columns_.push_back(std::move(column));
  fields_.push_back(target);
}

void OutputPlan::CheckWhole(std::vector<PlanProblem>* problems) {
  if (rows_ < 0) {
    problems->push_back({Code::PACK_INVALID,
                         "the SELECT has no column _rows (`_row AS _rows`, or "
                         "`rows(_row) AS _rows` for groups)"});
  }
  std::vector<bool> parts(kKeyPartsMax);
  for (const Column& column : columns_) {
    if (column.role == Role::kKey) parts[column.target] = true;
  }
  for (int i = 0; i < std::max(keys_, 1); ++i) {
    if (parts[i]) continue;
    problems->push_back(
        {Code::PACK_INVALID, absl::StrCat("the SELECT has no column key_", i + 1,
                                          "; the natural key is key_1, key_2 and so on")});
  }
  for (size_t i = 0; i < item_->fields.size(); ++i) {
    if (std::find(fields_.begin(), fields_.end(), static_cast<int>(i)) != fields_.end()) continue;
    absent_.push_back(static_cast<int>(i));
    if (!item_->fields[i].required) continue;
    problems->push_back(
        {Code::FIELD_REQUIRED, absl::StrCat("the SELECT never fills '", item_->fields[i].name,
                                            "', which the item '", item_->code, "' requires")});
  }
}

bool OutputPlan::Rows(sqlite3_stmt* statement, std::vector<uint64_t>* out) const {
  out->clear();
  const int type = sqlite3_column_type(statement, rows_);
  if (type == SQLITE_INTEGER) {
    const sqlite3_int64 row = sqlite3_column_int64(statement, rows_);
    if (row < 1) return false;
    out->push_back(static_cast<uint64_t>(row));
    return true;
  }
  if (type != SQLITE_BLOB) return false;
  std::optional<std::vector<uint64_t>> rows = DecodeRows(TextOf(statement, rows_));
  if (!rows.has_value() || rows->empty()) return false;
  *out = std::move(*rows);
  return true;
}

std::string_view OutputPlan::LeftOutBy(sqlite3_stmt* statement) const {
  if (leave_out_ < 0 || sqlite3_column_type(statement, leave_out_) == SQLITE_NULL) return {};
  return TextOf(statement, leave_out_);
}

std::string_view OutputPlan::Scope(sqlite3_stmt* statement) const {
  return TextOf(statement, scope_);
}

void OutputPlan::Fill(sqlite3_stmt* statement, record::Draft* draft,
                      std::vector<Fault>* faults) const {
  draft->item = item_;
  draft->header = record::HeaderValues();
  draft->natural_key.resize(keys_);
  draft->values.resize(item_->fields.size());
  for (const int field : absent_) draft->values[field] = std::monostate();
  if (item_column_ >= 0) ChooseItem(statement, draft, faults);
  for (const Column& column : columns_) FillColumn(statement, column, draft, faults);
}

void OutputPlan::AppendOutput(sqlite3_stmt* statement, std::string* output,
                              std::string* key) const {
  const int columns = sqlite3_column_count(statement);
  for (int i = 0; i < columns; ++i) {
    if (i != rows_) AppendColumn(sqlite3_column_value(statement, i), output);
  }
  for (const Column& column : columns_) {
    if (column.role != Role::kKey) continue;
    AppendColumn(sqlite3_column_value(statement, column.index), key);
  }
}

void OutputPlan::AddItems(const std::vector<const record::ItemSpec*>& items,
                          std::vector<PlanProblem>* problems) {
  items_[item_->code] = item_;
  const auto same = [](const record::FieldSpec& a, const record::FieldSpec& b) {
    return a.name == b.name && a.type == b.type && a.code_list == b.code_list &&
           a.scheme == b.scheme;
  };
  for (const record::ItemSpec* item : items) {
    items_[item->code] = item;
    if (!std::equal(item->fields.begin(), item->fields.end(), item_->fields.begin(),
                    item_->fields.end(), same)) {
      problems->push_back(
          {Code::PACK_INVALID,
           absl::StrCat("more_items: '", item->code, "' does not declare the same fields as '",
                        item_->code, "'")});
    }
  }
  if (!items.empty() && item_column_ < 0) {
    problems->push_back(
        {Code::PACK_INVALID, "more_items is given, but the SELECT has no column _item"});
  }
}

void OutputPlan::ChooseItem(sqlite3_stmt* statement, record::Draft* draft,
                            std::vector<Fault>* faults) const {
  const std::string_view code = Trim(TextOf(statement, item_column_));
  if (IsPoison(code)) {
    faults->push_back(FaultOfPoison(code));
    faults->back().column = "_item";
    return;
  }
  const auto it = items_.find(code);
  if (it != items_.end()) {
    draft->item = it->second;
  } else {
    AddFault(Code::CATALOGUE_ITEM_UNKNOWN, "_item", code,
             "the query names no such item under item or more_items", faults);
  }
}

void OutputPlan::FillColumn(sqlite3_stmt* statement, const Column& column, record::Draft* draft,
                            std::vector<Fault>* faults) const {
  sqlite3_value* const value = sqlite3_column_value(statement, column.index);
  const int type = sqlite3_value_type(value);
  const std::string_view text = type == SQLITE_NULL ? std::string_view() : TextOf(value);
  const bool wrong_type = type == SQLITE_BLOB || type == SQLITE_FLOAT;
  const bool absent = type == SQLITE_NULL || wrong_type || Blank(text) || IsPoison(text);
  if (absent && column.role == Role::kField) draft->values[column.target] = std::monostate();
  if (absent && column.role == Role::kKey) draft->natural_key[column.target].clear();
  if (wrong_type) {
    return AddFault(Code::FIELD_TYPE, column.name, "",
                    type == SQLITE_BLOB ? "a blob is no value of a record"
                                        : "a floating-point number is not exact; use number()",
                    faults);
  }
  if (absent && !text.empty() && IsPoison(text)) {
    Fault fault = FaultOfPoison(text);
    fault.column = column.name;
    faults->push_back(std::move(fault));
    return;
  }
  if (absent) {
    if (column.role != Role::kKey) return;
    return AddFault(Code::KEY_MISSING, column.name, "", "this part of the natural key is empty",
                    faults);
  }
  switch (column.role) {
    case Role::kKey:
      draft->natural_key[column.target].assign(text);
      return;
    case Role::kState:
      if (!v1::RecordState_Parse(std::string(text), &draft->header.state) ||
          draft->header.state == v1::RECORD_STATE_UNSPECIFIED) {
        draft->header.state = v1::EFFECTIVE;
        AddFault(Code::FIELD_TYPE, column.name, text, "not the name of a record state", faults);
      }
      return;
    case Role::kHeaderDate: {
      const std::optional<int32_t> days = ParseIsoDate(text);
      draft->header.*kHeaderColumns[column.target].date = days;
      if (days.has_value()) return;
      return AddFault(Code::DATE_INVALID, column.name, text,
                      "not a date of the calendar as YYYY-MM-DD; parse_date() makes one", faults);
    }
    case Role::kField:
      return FillField(column, text, &draft->values[column.target], faults);
  }
}

void OutputPlan::FillField(const Column& column, std::string_view text, record::Value* out,
                           std::vector<Fault>* faults) const {
  if (column.type == v1::CODE) return FillCode(column, text, out, faults);
  std::string reason;
  if (ValueFromText(column.type, column.scheme, text, out, &reason)) return;
  *out = std::monostate();
  const bool missing_day = column.type == v1::DATE;
  AddFault(missing_day ? Code::DATE_INVALID : Code::FIELD_TYPE, column.name, text, reason, faults);
}

void OutputPlan::FillCode(const Column& column, std::string_view text, record::Value* out,
                          std::vector<Fault>* faults) const {
  const size_t mark = text.find(kLabelMark);
  const std::string_view code = text.substr(0, mark);
  std::string_view label =
      mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
  if (column.list != nullptr) {
    const CodeList::Entry* const entry = column.list->FindCode(code);
    if (entry != nullptr && label.empty()) label = entry->label;
    if (entry == nullptr) {
      *out = std::monostate();
      return AddFault(Code::CODE_UNKNOWN, column.name, code,
                      absl::StrCat("not in the code list '", column.list_name, "'"), faults);
    }
  } else if (!column.list_name.empty()) {
    const std::string* const known = catalogue_->FindCode(column.list_name, code);
    if (known != nullptr && label.empty()) label = *known;
    if (known == nullptr) {
      *out = std::monostate();
      return AddFault(Code::CODE_UNKNOWN, column.name, code,
                      absl::StrCat("not in the code list '", column.list_name, "'"), faults);
    }
  }
  if (!std::holds_alternative<record::CodeValue>(*out)) out->emplace<record::CodeValue>();
  auto& value = std::get<record::CodeValue>(*out);
  value.code.assign(code);
  value.label.assign(label.data() == nullptr ? "" : label);
}

}  // namespace tombolo::engine
