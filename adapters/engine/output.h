// From a row of a SELECT to a record::Draft: which output column is what, decided once per query.
//
// Ownership: the plan points at the item and the lists, which must outlive it. Thread-safety: one
// thread. Errors: `problems` of the plan at load; faults per row, all of a row together.
#ifndef TOMBOLO_ADAPTERS_ENGINE_OUTPUT_H_
#define TOMBOLO_ADAPTERS_ENGINE_OUTPUT_H_

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/engine/code_list.h"
#include "gateway/base/error.h"
#include "gateway/record/catalogue.h"
#include "gateway/record/draft.h"

namespace tombolo::engine {

// Between a code and the source's own label: what coded() yields.
inline constexpr char kLabelMark = '\x1f';

// One thing wrong with the columns of a SELECT.
struct PlanProblem {
  Code code = Code::PACK_INVALID;
  std::string message;
};

class OutputPlan {
 public:
  // What the columns of `statement` mean for `item`. Problems are appended; the plan is usable only
  // if there were none.
  static OutputPlan Make(sqlite3_stmt* statement, const record::ItemSpec& item,
                         const CodeLists& lists, const record::Catalogue& catalogue,
                         std::vector<PlanProblem>* problems);

  // Of the current row of `statement`:
  // The source rows it was made from; std::nullopt if `_rows` is no set of row numbers.
  bool Rows(sqlite3_stmt* statement, std::vector<uint64_t>* out) const;
  // The rule that leaves it out; data() is null if none.
  std::string_view LeftOutBy(sqlite3_stmt* statement) const;
  // The column `_scope`. Precondition: has_scope().
  std::string_view Scope(sqlite3_stmt* statement) const;
  bool has_scope() const { return scope_ >= 0; }
  // All columns but _rows, each with its type and length, appended; those of the natural key to
  // `key` too.
  void AppendOutput(sqlite3_stmt* statement, std::string* output, std::string* key) const;
  // Everything else into `draft`, whose buffers are used again; faults are appended.
  void Fill(sqlite3_stmt* statement, record::Draft* draft, std::vector<Fault>* faults) const;

  // Further items that the column _item may name; checked to have the fields of the first.
  void AddItems(const std::vector<const record::ItemSpec*>& items,
                std::vector<PlanProblem>* problems);

  // Indices of item->fields that the SELECT yields.
  const std::vector<int>& fields() const { return fields_; }

 private:
  enum class Role : uint8_t { kKey, kState, kHeaderDate, kField };
  struct Column {
    Role role = Role::kField;
    int index = 0;   // of the SELECT
    int target = 0;  // key part from 0, header date, or field
    std::string name;
    v1::FieldType type = v1::FIELD_TYPE_UNSPECIFIED;
    std::string scheme;
    const CodeList* list = nullptr;  // of the pack
    std::string list_name;           // "" = any code
  };

  bool AddSpecial(int index, std::string_view name, std::vector<PlanProblem>* problems);
  void AddField(int index, std::string_view name, const CodeLists& lists,
                std::vector<PlanProblem>* problems);
  void CheckWhole(std::vector<PlanProblem>* problems);
  void FillColumn(sqlite3_stmt* statement, const Column& column, record::Draft* draft,
                  std::vector<Fault>* faults) const;
  void FillField(const Column& column, std::string_view text, record::Value* out,
                 std::vector<Fault>* faults) const;
  void FillCode(const Column& column, std::string_view text, record::Value* out,
                std::vector<Fault>* faults) const;

  void ChooseItem(sqlite3_stmt* statement, record::Draft* draft, std::vector<Fault>* faults) const;

  const record::ItemSpec* item_ = nullptr;
  absl::flat_hash_map<std::string_view, const record::ItemSpec*> items_;  // by code
  const record::Catalogue* catalogue_ = nullptr;
  int rows_ = -1, leave_out_ = -1, scope_ = -1, item_column_ = -1;
  int keys_ = 0;
  std::vector<Column> columns_;
  std::vector<int> fields_;
  std::vector<int> absent_;  // fields that the SELECT never fills
};

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_OUTPUT_H_
