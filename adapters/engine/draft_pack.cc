#include "adapters/engine/draft_pack.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/source_table.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"
#include "gateway/record/catalogue.h"

namespace tombolo::engine {
namespace {

constexpr size_t kKeyPartsMax = 4;

std::string SqlText(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  return out + "'";
}

// One character of a header: as it may stand in a name, '_' where it parts words, NUL where it is
// nothing of its own.
struct Letter {
  char c = '_';
  bool upper = false;
  size_t bytes = 1;
};

// Letters of Latin-1 and Latin Extended-A lose their marks (U+00C0 to U+017F), combining marks
// (U+0300 to U+036F) vanish; other scripts have no letter to offer.
Letter LetterAt(std::string_view text, size_t at) {
  static constexpr std::string_view kPlain =
      "aaaaaaaceeeeiiiidnooooo_ouuuuytsaaaaaaaceeeeiiiidnooooo_ouuuuyty"
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrr"
      "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  constexpr unsigned kFirst = 0xC0, kMarkFirst = 0x300, kMarkLast = 0x36F;
  const auto byte = static_cast<unsigned char>(text[at]);
  if (absl::ascii_isalnum(byte)) {
    return {absl::ascii_tolower(byte), absl::ascii_isupper(byte), 1};
  }
  if (byte < 0xC2 || byte > 0xDF || at + 1 == text.size()) return {};
  const unsigned code = (byte & 0x1Fu) << 6 | (static_cast<unsigned char>(text[at + 1]) & 0x3Fu);
  if (code >= kFirst && code < kFirst + kPlain.size()) return {kPlain[code - kFirst], false, 2};
  return {code >= kMarkFirst && code <= kMarkLast ? '\0' : '_', false, 2};
}

// A header as the last part of a field's name, its words parted by '_'; "" if it cannot begin one.
std::string Slug(std::string_view header) {
  std::string out;
  bool after_upper = false;
  for (size_t at = 0; at < header.size() && out.size() < limits::kDraftFieldBytesMax;) {
    const Letter letter = LetterAt(header, at);
    at += letter.bytes;
    if (letter.c == '\0') continue;
    const bool parted = out.empty() || out.back() == '_';
    const bool before_lower =
        at < header.size() && absl::ascii_islower(static_cast<unsigned char>(header[at]));
    const bool new_word = letter.upper && (!after_upper || before_lower);
    after_upper = letter.upper;
    if (!parted && (new_word || letter.c == '_')) out.push_back('_');
    if (letter.c != '_' && out.size() < limits::kDraftFieldBytesMax) out.push_back(letter.c);
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return !out.empty() && absl::ascii_isalpha(static_cast<unsigned char>(out[0])) ? out : "";
}

// Whether a column is called a number, a code or the like.
bool IsCalledKey(std::string_view header) {
  static const std::set<std::string, std::less<>> kWords = {
      "id",    "no",     "nr",  "number", "num",   "code",   "key",
      "clave", "numero", "rfc", "folio",  "numer", "nummer", "codigo"};
  static constexpr std::string_view kParts[] = {"编号", "代码", "文号", "編號",  "代碼",  "字號",
                                                "번호", "코드", "番号", "номер", "Номер", "код"};
  for (const absl::string_view word : absl::StrSplit(Slug(header), '_')) {
    if (kWords.count(ToStd(word)) > 0) return true;
    if (absl::EndsWith(word, "id") && absl::StrContains(ToAbsl(header), "ID")) return true;
  }
  return std::any_of(std::begin(kParts), std::end(kParts), [&](std::string_view part) {
    return header.find(part) != std::string_view::npos;
  });
}

struct DraftColumn {
  size_t index = 0;
  std::string sql;    // name in SQL
  std::string field;  // in the catalogue
  ColumnGuess guess;
};

class Drafter {
 public:
  explicit Drafter(const PackSample& sample) : sample_(sample) {}

  StatusOr<std::map<std::string, std::string>> Make() {
    if (sample_.columns.empty()) {
      return MakeError(
          Code::INVALID_ARGUMENT,
          absl::StrCat(sample_.file_name, ": there are no columns to draft a pack from"));
    }
    MakeSource();
    MakeColumns();
    MakeCatalogue();
    DropRefusedFields();
    if (columns_.empty()) {
      return MakeError(Code::INVALID_ARGUMENT,
                       absl::StrCat(sample_.file_name, ": none of its columns may be mapped"));
    }
    ChooseKey();
    MakePack();
    files_["record.sql"] = Sql();
    files_["pack.yaml"] = config::ToYaml(pack_);
    files_["catalogue.yaml"] = config::ToYaml(catalogue_);
    files_["README.md"] = Readme();
    return std::move(files_);
  }

 private:
  void MakeSource();
  void MakeColumns();
  void MakeCatalogue();
  void AddField(const DraftColumn& column, v1::CatalogueItem* item);
  void DropRefusedFields();
  int KeyRank(const DraftColumn& column) const;
  void ChooseKey();
  void MakePack();
  std::string Expression(const DraftColumn& column) const;
  std::string Sql() const;
  std::string Readme() const;
  std::vector<std::string> ValuesOf(size_t column) const;
  size_t DistinctRows(const std::vector<const DraftColumn*>& key) const;

  const PackSample& sample_;
  v1::Source source_;
  std::vector<DraftColumn> columns_;
  std::vector<const DraftColumn*> key_;
  bool key_is_unique_ = false;
  std::vector<std::string> unused_;  // SQL names
  v1::Catalogue catalogue_;
  v1::Pack pack_;
  std::map<std::string, std::string> files_;
};

void Drafter::MakeSource() {
  source_ = sample_.source;
  source_.set_name("source");
  source_.clear_columns();
  if (source_.files().empty()) source_.add_files(sample_.file_name);
  std::set<std::string> taken = {std::string(kRowColumn), std::string(kFileColumn)};
  for (size_t i = 0; i < sample_.columns.size(); ++i) {
    const std::string& header = sample_.columns[i];
    v1::SourceColumn* const column = source_.add_columns();
    if (i < static_cast<size_t>(sample_.source.columns_size())) {
      column->set_path(sample_.source.columns(static_cast<int>(i)).path());
    }
    const bool odd = std::any_of(header.begin(), header.end(),
                                 [](unsigned char c) { return absl::ascii_iscntrl(c); });
    std::string name = header;
    if (odd || name.empty() || !taken.insert(LowerName(name)).second) {
      name = absl::StrCat("column_", i + 1);
      while (!taken.insert(LowerName(name)).second) name += "_";
      // The reader knows the column by its header, the SQL by the new name.
      if (column->path().empty()) column->set_path(header);
    }
    column->set_name(name);
  }
}

std::vector<std::string> Drafter::ValuesOf(size_t column) const {
  std::vector<std::string> values;
  for (const std::vector<std::string>& row : sample_.rows) {
    values.push_back(column < row.size() ? row[column] : "");
  }
  return values;
}

void Drafter::MakeColumns() {
  std::set<std::string> fields;
  for (size_t i = 0; i < sample_.columns.size(); ++i) {
    DraftColumn column;
    column.index = i;
    column.sql = source_.columns(static_cast<int>(i)).name();
    if (columns_.size() == limits::kFieldsPerItemMax) {
      unused_.push_back(column.sql);
      continue;
    }
    const std::string slug = Slug(sample_.columns[i]);
    column.field =
        slug.empty() ? absl::StrCat("source.column_", i + 1) : absl::StrCat("source.", slug);
    if (!fields.insert(column.field).second) {
      absl::StrAppend(&column.field, "_", i + 1);
      fields.insert(column.field);
    }
    column.guess = GuessColumn(ValuesOf(i), *sample_.profile);
    columns_.push_back(std::move(column));
  }
}

void Drafter::MakeCatalogue() {
  std::string word = sample_.name;
  std::replace(word.begin(), word.end(), '-', '_');
  catalogue_.set_name(word);
  catalogue_.set_title(absl::StrCat("Draft for ", sample_.file_name));
  catalogue_.set_version("1");
  catalogue_.set_profile(sample_.profile_name);
  v1::CatalogueItem* const item = catalogue_.add_items();
  item->set_code(absl::StrCat(word, ".record"));
  item->set_title(absl::StrCat("Records of ", sample_.file_name));
  item->set_kind(v1::REGISTRATION);
  item->set_polarity(v1::BASIC);
  item->add_subject_kinds(v1::ORGANISATION);
  item->set_sharing_class(v1::LIMITED);
  item->set_identity_scope(item->code());
  for (const DraftColumn& column : columns_) AddField(column, item);
}

void Drafter::AddField(const DraftColumn& column, v1::CatalogueItem* item) {
  v1::CatalogueField* const field = item->add_fields();
  field->set_name(column.field);
  std::string title = sample_.columns[column.index];
  title.erase(std::remove_if(title.begin(), title.end(),
                             [](unsigned char c) { return absl::ascii_iscntrl(c); }),
              title.end());
  field->set_title(title);
  field->set_type(column.guess.type);
  field->set_sharing_class(v1::LIMITED);
  field->set_scheme(column.guess.type == v1::IDENTIFIER ? column.guess.scheme : "");
  if (column.guess.type != v1::CODE) return;
  const std::string list = column.field.substr(column.field.find('.') + 1);
  field->set_code_list(list);
  v1::CodeListFile* const file = catalogue_.add_code_lists();
  file->set_name(list);
  file->set_file(list + ".csv");
  std::string text = "code,label\n";
  const auto cell = [](std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
  };
  for (const std::string& code : column.guess.codes) {
    absl::StrAppend(&text, cell(code), ",", cell(code), "\n");
  }
  files_[file->file()] = text;
}

// What the catalogue's own rules refuse (a column of health data, a score) is not drafted.
void Drafter::DropRefusedFields() {
  std::set<std::string> refused;
  for (const Fault& fault : record::Catalogue::Check(catalogue_, *sample_.profile)) {
    for (const DraftColumn& column : columns_) {
      if (absl::StrContains(fault.column, absl::StrCat("fields.", column.field, "."))) {
        refused.insert(column.field);
      }
    }
  }
  if (refused.empty()) return;
  v1::CatalogueItem* const item = catalogue_.mutable_items(0);
  const v1::CatalogueItem before = *item;
  item->clear_fields();
  for (const v1::CatalogueField& field : before.fields()) {
    if (refused.count(field.name()) == 0) *item->add_fields() = field;
  }
  for (auto column = columns_.begin(); column != columns_.end();) {
    if (refused.count(column->field) == 0) {
      ++column;
      continue;
    }
    unused_.push_back(column->sql);
    column = columns_.erase(column);
  }
}

size_t Drafter::DistinctRows(const std::vector<const DraftColumn*>& key) const {
  std::set<std::vector<std::string>> seen;
  for (const std::vector<std::string>& row : sample_.rows) {
    std::vector<std::string> parts;
    for (const DraftColumn* const column : key) {
      parts.emplace_back(column->index < row.size() ? Trim(row[column->index]) : "");
    }
    seen.insert(std::move(parts));
  }
  return seen.size();
}

// What a column is worth as a part of the key; less is better.
int Drafter::KeyRank(const DraftColumn& column) const {
  if (column.guess.type == v1::IDENTIFIER) return 0;
  if (IsCalledKey(sample_.columns[column.index])) return 1;
  if (column.guess.type == v1::TEXT) return 2;
  // Numbers that come again are measures.
  if (column.guess.type == v1::INTEGER) return column.guess.distinct ? 2 : 4;
  return column.guess.type == v1::DECIMAL ? 5 : 3;
}

// The best single column: an identifier before a column that is called a number or a code, before
// any other that tells rows apart. Else columns are added as long as they tell more rows apart,
// those that are empty in some rows at the end, and those are left out again that the others make
// needless. A row number is only taken where there is nothing else: the next file gives it to
// another row.
void Drafter::ChooseKey() {
  std::vector<const DraftColumn*> candidates;
  for (const DraftColumn& column : columns_) {
    if (!column.guess.never) candidates.push_back(&column);
  }
  const auto order = [this](const DraftColumn* column) {
    const ColumnGuess& guess = column->guess;
    return std::tuple(guess.counter, !guess.always, !guess.distinct, KeyRank(*column));
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto* a, const auto* b) { return order(a) < order(b); });
  size_t distinct = 0;
  for (const DraftColumn* const column : candidates) {
    if (distinct == sample_.rows.size() || key_.size() == kKeyPartsMax) break;
    if (column->guess.counter && !key_.empty()) break;
    key_.push_back(column);
    const size_t now = DistinctRows(key_);
    if (now == distinct) key_.pop_back();
    distinct = std::max(distinct, now);
  }
  for (size_t i = key_.size(); i-- > 0 && key_.size() > 1;) {
    std::vector<const DraftColumn*> fewer = key_;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (DistinctRows(fewer) == distinct) key_ = std::move(fewer);
  }
  key_is_unique_ = distinct == sample_.rows.size() && !key_.empty();
  if (key_.empty()) key_.push_back(&columns_.front());
}

void Drafter::MakePack() {
  pack_.set_name(sample_.name);
  pack_.set_title(absl::StrCat("Draft for ", sample_.file_name));
  pack_.set_version(1);
  pack_.set_catalogue("catalogue.yaml");
  *pack_.add_sources() = source_;
  v1::RecordQuery* const query = pack_.add_records();
  query->set_name("record");
  query->set_item(catalogue_.items(0).code());
  query->set_source(source_.name());
  query->set_sql_file("record.sql");
  query->set_on_duplicate(key_is_unique_ ? v1::DUPLICATE_QUARANTINE : v1::DUPLICATE_LAST);
  for (const std::string& column : unused_) {
    pack_.add_unused_columns(absl::StrCat(source_.name(), ".", column));
  }
}

std::string Drafter::Expression(const DraftColumn& column) const {
  std::string value = QuoteName(column.sql);
  if (!column.guess.absents.empty()) {
    value = absl::StrCat("nullif_any(", value);
    for (const std::string& absent : column.guess.absents) {
      absl::StrAppend(&value, ", ", SqlText(absent));
    }
    value += ")";
  }
  switch (column.guess.type) {
    case v1::DATE:
      return absl::StrCat("parse_date(", value, ", ", SqlText(column.guess.date_format), ")");
    case v1::IDENTIFIER:
      return absl::StrCat("norm_id(", SqlText(column.guess.scheme), ", ", value, ")");
    case v1::INTEGER:
      return absl::StrCat("integer(", value, ")");
    case v1::DECIMAL:
      return absl::StrCat("number(", value, ")");
    case v1::CODE:
      return absl::StrCat("clean(", value, ")");
    default:
      return absl::StrCat("trim(", value, ")");
  }
}

std::string Drafter::Sql() const {
  std::string sql = absl::StrCat("-- Drafted from ", sample_.rows.size(),
                                 " rows. Look at the key, the types and the names.\nSELECT\n"
                                 "  _row AS _rows");
  for (size_t i = 0; i < key_.size(); ++i) {
    const std::string part = Expression(*key_[i]);
    absl::StrAppend(
        &sql, ",\n  ",
        key_[i]->guess.always ? part : absl::StrCat("coalesce(nullif(", part, ", ''), '-')"),
        " AS key_", i + 1);
  }
  for (const DraftColumn& column : columns_) {
    absl::StrAppend(&sql, ",\n  ", Expression(column), " AS ", QuoteName(column.field));
  }
  return absl::StrCat(sql, "\nFROM ", source_.name(), "\n");
}

std::string Drafter::Readme() const {
  std::string text = absl::StrCat(
      "# ", sample_.name, "\n\nA draft from `", sample_.file_name,
      "`. It loads and runs; nothing in it has been decided by a person yet.\n\n"
      "To decide: kind, polarity, sharing classes and legal basis of the item (it is LIMITED now); "
      "the authority; which field is `subject.id` and which `subject.name`; which date is "
      "`decided_on`; whether a file is a complete snapshot.\n\n");
  absl::StrAppend(&text, key_is_unique_
                             ? "The key tells all rows of the sample apart.\n\n"
                             : "**No key was found that tells the rows of the sample apart**: the "
                               "last row of a key wins now.\n\n");
  text += "| column | field | type | key |\n| --- | --- | --- | --- |\n";
  for (const DraftColumn& column : columns_) {
    const bool key = std::find(key_.begin(), key_.end(), &column) != key_.end();
    std::string type = v1::FieldType_Name(column.guess.type);
    if (column.guess.day_or_month_first) {
      absl::StrAppend(&type, ": is it day or month that comes first?");
    }
    if (column.guess.misfits > 0) {
      absl::StrAppend(&type, ": ", column.guess.misfits, " of the sample's values are none");
    }
    absl::StrAppend(&text, "| ", column.sql, " | ", column.field, " | ", type, " | ",
                    key ? "yes" : "", " |\n");
  }
  for (const std::string& column : unused_) {
    absl::StrAppend(&text, "| ", column, " | not mapped | | |\n");
  }
  return text;
}

}  // namespace

StatusOr<std::map<std::string, std::string>> DraftPack(const PackSample& sample) {
  return Drafter(sample).Make();
}

}  // namespace tombolo::engine
