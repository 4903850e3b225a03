// Checks of pack.yaml by itself, before any file beside it is read.
#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

// Two columns of a source are our own.
constexpr size_t kOwnColumns = 2;

class Checker {
 public:
  Checker(const v1::Pack& pack, std::vector<LintFinding>* findings)
      : pack_(pack), findings_(findings) {}

  void Run() {
    CheckHead();
    for (const v1::Source& source : pack_.sources()) CheckSource(source);
    for (const v1::RecordQuery& query : pack_.records()) CheckQuery(query);
    CheckNames();
  }

 private:
  void Fail(std::string_view where, std::string_view message) {
    findings_->push_back({true, absl::StrCat("pack.yaml: ", ToAbsl(where)), std::string(message)});
  }

  static bool Word(std::string_view name) {
    return !name.empty() && !absl::ascii_isdigit(name[0]) &&
           std::all_of(name.begin(), name.end(), [](char c) {
             return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
           });
  }

  void CheckHead() {
    const bool name_ok =
        !pack_.name().empty() &&
        std::all_of(pack_.name().begin(), pack_.name().end(), [](unsigned char c) {
          return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
        });
    if (!name_ok) Fail("name", "write lower-case letters, digits and hyphens, e.g. uk-fhrs");
    if (pack_.version() == 0) Fail("version", "write a number from 1; raise it with the meaning");
    if (pack_.catalogue().empty()) Fail("catalogue", "name the file, e.g. catalogue.yaml");
    if (pack_.sources().empty()) Fail("sources", "a pack needs at least one source");
    if (pack_.records().empty()) Fail("records", "a pack needs at least one SELECT");
  }

  void CheckSource(const v1::Source& source) {
    const std::string where = absl::StrCat("sources.", source.name());
    static const std::set<std::string, std::less<>> kTaken = {"split", "json_each", "json_tree"};
    const std::string lower = LowerName(source.name());
    if (!Word(source.name()) || absl::StartsWith(lower, "sqlite_") || kTaken.count(lower) > 0 ||
        sqlite3_keyword_check(source.name().c_str(), static_cast<int>(source.name().size())) != 0) {
      Fail(where, "the name of a source is a word of letters, digits and _ that SQL does not use");
    }
    if (source.format() == v1::FILE_FORMAT_UNSPECIFIED) {
      Fail(where, "format: write CSV, XML, JSON or NDJSON");
    }
    if (source.files().empty()) Fail(where, "files: write a pattern such as \"dinesafe*.csv\"");
    const bool tree = source.format() == v1::XML || source.format() == v1::JSON;
    if (tree && source.row_path().empty() && source.format() == v1::XML) {
      Fail(where, "row_path: say which element is a row, e.g. /Data/Row");
    }
    if (source.delimiter().size() > 1 && source.delimiter() != "auto") {
      Fail(where, "delimiter: one ASCII character, or auto");
    }
    if (source.quote().size() > 1 && source.quote() != "none") {
      Fail(where, "quote: one ASCII character, or none");
    }
    CheckColumns(source, where);
  }

  void CheckColumns(const v1::Source& source, const std::string& where) {
    if (source.columns().empty()) {
      Fail(where, "columns: list them (tombolo pack new drafts the list from a file)");
    }
    if (static_cast<size_t>(source.columns_size()) + kOwnColumns > limits::kColumnsMax) {
      Fail(where, absl::StrCat("more than ", limits::kColumnsMax - kOwnColumns, " columns"));
    }
    std::set<std::string> names;
    for (const v1::SourceColumn& column : source.columns()) {
      const std::string lower = LowerName(column.name());
      const bool odd = std::any_of(column.name().begin(), column.name().end(),
                                   [](unsigned char c) { return absl::ascii_iscntrl(c); });
      if (column.name().empty() || odd || lower == kRowColumn || lower == kFileColumn) {
        Fail(where, absl::StrCat("columns: '", column.name(), "' cannot be the name of a column"));
      } else if (!names.insert(lower).second) {
        Fail(where, absl::StrCat("columns: '", column.name(),
                                 "' stands twice (SQL does not tell a from A); use `path` for the "
                                 "file's name and another `name`"));
      }
    }
    for (const std::string& column : source.index_columns()) {
      if (names.count(LowerName(column)) > 0) continue;
      Fail(where, absl::StrCat("index_columns: '", column, "' is none of its columns"));
    }
    if (!source.index_columns().empty() && !source.lookup()) {
      Fail(where, "index_columns are for sources with `lookup: true`");
    }
  }

  const v1::Source* Find(std::string_view name) const {
    for (const v1::Source& source : pack_.sources()) {
      if (source.name() == name) return &source;
    }
    return nullptr;
  }

  void CheckQuery(const v1::RecordQuery& query) {
    const std::string where = absl::StrCat("records.", query.name());
    if (query.name().empty()) Fail("records", "a SELECT needs a name");
    if (query.item().empty()) Fail(where, "item: name the catalogue item");
    if (query.sql().empty() == query.sql_file().empty()) {
      Fail(where, "write either sql or sql_file");
    }
    const v1::Source* const source = Find(query.source());
    if (source == nullptr) {
      Fail(where, absl::StrCat("source: there is no source '", query.source(), "'"));
      return;
    }
    const auto& columns = source->columns();
    if (query.scope_column().empty() ||
        std::any_of(columns.begin(), columns.end(), [&](const v1::SourceColumn& column) {
          return LowerName(column.name()) == LowerName(query.scope_column());
        })) {
      return;
    }
    Fail(where, absl::StrCat("scope_column: '", query.scope_column(), "' is no column of '",
                             source->name(), "'"));
  }

  template <typename List, typename NameOfItem>
  void Unique(std::string_view where, const List& list, NameOfItem name_of) {
    std::set<std::string> names;
    for (const auto& item : list) {
      const std::string name = name_of(item);
      if (name.empty()) Fail(where, "a name is empty");
      if (!names.insert(LowerName(name)).second) {
        Fail(where, absl::StrCat("'", name, "' stands twice"));
      }
    }
  }

  void CheckNames() {
    Unique("sources", pack_.sources(), [](const auto& s) { return s.name(); });
    Unique("records", pack_.records(), [](const auto& r) { return r.name(); });
    Unique("leave_out", pack_.leave_out(), [](const auto& r) { return r.name(); });
    Unique("code_lists", pack_.code_lists(), [](const std::string& f) { return ListNameOf(f); });
    for (const std::string& name : pack_.unused_columns()) {
      const size_t dot = name.find('.');
      if (dot != std::string::npos && Find(name.substr(0, dot)) != nullptr) continue;
      Fail("unused_columns", absl::StrCat("'", name, "': write source.column"));
    }
  }

  const v1::Pack& pack_;
  std::vector<LintFinding>* findings_;
};

}  // namespace

void CheckDeclared(const v1::Pack& pack, std::vector<LintFinding>* findings) {
  Checker(pack, findings).Run();
}

std::string LowerName(std::string_view name) { return absl::AsciiStrToLower(ToAbsl(name)); }

bool GlobFits(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  const auto next_char = [&](size_t at) {
    do {
      ++at;
    } while (at < name.size() && (static_cast<unsigned char>(name[at]) & 0xc0) == 0x80);
    return at;
  };
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n = next_char(n);
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace tombolo::engine
