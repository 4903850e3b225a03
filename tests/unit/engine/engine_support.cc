#include "tests/unit/engine/engine_support.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/date.h"

namespace tombolo::engine::testing {
namespace {

class MemoryReader : public RowReader {
 public:
  explicit MemoryReader(const MemoryFile* file) : file_(file) {}
  const std::vector<std::string>& columns() const override { return file_->columns; }
  StatusOr<bool> Next(Row* row) override {
    std::fill(buffer_.begin(), buffer_.end(), '#');
    if (next_ == file_->breaks.value_or(0)) {
      return MakeError(Code::FILE_TRUNCATED, "the file ends in the middle of a row");
    }
    if (next_ > file_->rows.size()) return false;
    const Cells& cells = file_->rows[next_ - 1];
    size_t size = 0;
    for (const auto& cell : cells) size += cell.has_value() ? cell->size() : 0;
    buffer_.resize(std::max(buffer_.size(), size));
    row->number = next_;
    row->line = next_ + 1;
    row->cells.clear();
    row->faults.clear();
    size_t at = 0;
    for (const auto& cell : cells) {
      if (!cell.has_value()) {
        row->cells.push_back({});
        continue;
      }
      cell->copy(buffer_.data() + at, cell->size());
      row->cells.push_back(std::string_view(buffer_.data() + at, cell->size()));
      at += cell->size();
    }
    raw_ = absl::StrCat("raw ", next_);
    row->raw = raw_;
    if (const auto bad = file_->bad.find(next_); bad != file_->bad.end()) {
      row->faults.push_back(bad->second);
    }
    ++next_;
    return true;
  }
  uint64_t BytesConsumed() const override { return next_; }
  std::string encoding() const override { return "UTF-8"; }

 private:
  const MemoryFile* file_;
  uint64_t next_ = 1;
  std::string buffer_, raw_;
};

constexpr char kCatalogue[] = R"(
name: test.catalogue
title: Test
version: "1"
locality: Nowhere
code_lists:
  - name: colour
    file: colour.csv
items:
  - code: test.item
    title: Item
    kind: INSPECTION
    polarity: NEUTRAL
    subject_kinds: [ORGANISATION]
    sharing_class: PUBLIC
    identity_scope: test.item
    domain: GOVERNMENT_AFFAIRS
    authorities:
      - {name: Office, level: PREFECTURE, kind: ADMINISTRATIVE}
    fields:
      - {name: subject.name, title: Name, type: TEXT, sharing_class: PUBLIC, required: true}
      - {name: subject.id, title: Id, type: IDENTIFIER, sharing_class: PUBLIC, scheme: test.num}
      - {name: any.id, title: Any id, type: IDENTIFIER, sharing_class: PUBLIC}
      - {name: count, title: Count, type: INTEGER, sharing_class: PUBLIC}
      - {name: share, title: Share, type: DECIMAL, sharing_class: PUBLIC}
      - {name: seen_on, title: Seen on, type: DATE, sharing_class: PUBLIC}
      - {name: open, title: Open, type: FLAG, sharing_class: PUBLIC}
      - {name: paid, title: Paid, type: AMOUNT, sharing_class: PUBLIC}
      - {name: colour, title: Colour, type: CODE, sharing_class: PUBLIC, code_list: colour}
      - {name: notes, title: Notes, type: TEXTS, sharing_class: PUBLIC}
      - {name: more, title: More, type: TEXT, sharing_class: PUBLIC}
)";

constexpr char kPackHead[] = R"(
name: test-pack
title: Test
version: 1
catalogue: catalogue.yaml
code_lists: [shades.csv, money.csv]
leave_out:
  - {name: empty_row, reason: Nothing in it}
sources:
  - name: src
    format: CSV
    files: ["src*.csv"]
    columns: [{name: id}, {name: name}, {name: day}, {name: extra}]
  - name: places
    format: CSV
    files: ["places*.csv"]
    lookup: true
    index_columns: [pid]
    columns: [{name: pid}, {name: town}]
records:
  - name: main
    item: test.item
    source: src
    sql_file: main.sql
)";

}  // namespace

SourceFile MemoryFile::AsSource(const std::string& source, const std::string& name) {
  return {source, name, [this](const v1::Source&) -> StatusOr<std::unique_ptr<RowReader>> {
            ++opened;
            return std::unique_ptr<RowReader>(std::make_unique<MemoryReader>(this));
          }};
}

FileText TextOf(const Files& files) {
  return [files](std::string_view file) -> StatusOr<std::string> {
    const auto found = files.find(std::string(file));
    if (found != files.end()) return found->second;
    return MakeError(Code::NOT_FOUND, absl::StrCat(std::string(file), ": no such file"));
  };
}

StatusOr<std::shared_ptr<const record::Profile>> TestProfile(std::string_view) {
  v1::Profile core;
  core.set_name("core");
  v1::IdentifierScheme* const scheme = core.add_schemes();
  scheme->set_scheme("test.num");
  scheme->set_title("Test number");
  scheme->set_strip(" -");
  scheme->set_pattern("[0-9]{4}");
  scheme->add_examples("1234");
  return record::Profile::Compile({core}, [](std::string_view, std::string_view file) {
    return StatusOr<std::string>(MakeError(Code::NOT_FOUND, std::string(file)));
  });
}

StatusOr<std::shared_ptr<const Pack>> LoadPack(const Files& files) {
  return Pack::Load(TextOf(files), TestProfile);
}

std::string TestCatalogue() { return kCatalogue; }

Files SimplePack(const std::string& sql) {
  return {{"pack.yaml", kPackHead},
          {"catalogue.yaml", kCatalogue},
          {"colour.csv", "code,label\nR,Red\nG,Green\n"},
          {"shades.csv", "value,code,label\ncrimson,R,Red\nscarlet,R,\nlime,G,Green\n"},
          {"money.csv", "unit,factor,currency\n万元,10000,CNY\n万美元,10000,USD\n元,1,CNY\n"},
          {"main.sql", sql}};
}

StatusOr<std::vector<Fault>> KeepingSink::OnDraft(const v1::RecordQuery& query,
                                                  record::Draft* draft,
                                                  absl::Span<const uint64_t> rows,
                                                  std::string_view scope) {
  const auto refused = refuse.find(draft->natural_key.front());
  if (refused != refuse.end()) return std::vector<Fault>{refused->second};
  ++draft_count;
  if (take_drafts) {
    drafts.push_back({query.name(), *draft, {rows.begin(), rows.end()}, std::string(scope)});
  }
  return std::vector<Fault>();
}

StatusOr<std::vector<Fault>> KeepingSink::OnFaultyDraft(const v1::RecordQuery&, record::Draft*) {
  return faulty_draft_faults;
}

Status KeepingSink::OnLeftOut(const v1::RecordQuery&, std::string_view rule,
                              absl::Span<const uint64_t> rows) {
  left_out.push_back({std::string(rule), {rows.begin(), rows.end()}});
  return absl::OkStatus();
}

Status KeepingSink::OnBadRow(BadRow row) {
  KeptBadRow kept;
  if (row.query != nullptr) kept.query = row.query->name();
  kept.source = std::string(row.source);
  kept.number = row.number;
  kept.raw = std::string(row.raw);
  for (const std::string_view cell : row.cells) kept.cells.push_back(std::string(cell));
  kept.natural_key = row.natural_key;
  kept.faults = row.faults;
  bad.push_back(std::move(kept));
  return bad_row_status;
}

Status KeepingSink::OnProgress(uint64_t rows, uint64_t) {
  progress_rows = rows;
  return progress_status;
}

std::string FieldText(const record::Draft& draft, std::string_view field) {
  const record::Value& value = draft.values[draft.item->FieldIndex(field)];
  struct Visitor {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(int64_t number) const { return absl::StrCat(number); }
    std::string operator()(const record::DateValue& date) const { return FormatIsoDate(date.days); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const record::AmountValue& amount) const {
      return absl::StrCat(amount.currency, " ", amount.minor_units);
    }
    std::string operator()(const record::IdentifierValue& id) const {
      return absl::StrCat(id.scheme, "=", id.value);
    }
    std::string operator()(const record::CodeValue& code) const {
      return absl::StrCat(code.code, "/", code.label);
    }
    std::string operator()(const std::vector<std::string>& texts) const {
      return absl::StrJoin(texts, "|");
    }
    std::string operator()(const record::DecimalValue& decimal) const { return decimal.text; }
  };
  return std::visit(Visitor(), value);
}

}  // namespace tombolo::engine::testing
