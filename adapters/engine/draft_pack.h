// A first pack from a look at a file: `tombolo pack new`.
//
// The draft loads and runs on the sample as it is. It maps every column that it can, guesses types
// from the values, and shares nothing: the item is LIMITED until a person has decided otherwise.
// Ownership: plain values. Thread-safety: pure. Errors: INVALID_ARGUMENT for a sample without
// columns, or of which nothing can be used.
#ifndef TOMBOLO_ADAPTERS_ENGINE_DRAFT_PACK_H_
#define TOMBOLO_ADAPTERS_ENGINE_DRAFT_PACK_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/profile.h"
#include "tombolo/v1/catalogue.pb.h"
#include "tombolo/v1/pack.pb.h"

namespace tombolo::engine {

struct PackSample {
  std::string name;       // of the pack to be made: lower-case letters, digits, hyphens
  std::string file_name;  // base name of the file that was looked at
  // How to open the file: format, encoding, delimiter, row_path ... For XML and JSON its columns
  // say where each value stands, aligned with `columns`; for CSV they are made from `columns`.
  v1::Source source;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // cells aligned with columns; "" = absent
  std::shared_ptr<const record::Profile> profile;
  std::string profile_name;  // "" = core
};

// The pack's files by name: pack.yaml, catalogue.yaml, record.sql, README.md, code lists.
StatusOr<std::map<std::string, std::string>> DraftPack(const PackSample& sample);

// What the values of one column, in the order of rows, look like. Placeholders such as N/A count as
// absent.
struct ColumnGuess {
  v1::FieldType type = v1::TEXT;
  std::string date_format;           // DATE
  std::string scheme;                // IDENTIFIER
  std::vector<std::string> codes;    // CODE: the distinct values, sorted
  std::vector<std::string> absents;  // placeholders met
  size_t misfits = 0;                // values that are no such DATE or IDENTIFIER: few of many
  bool day_or_month_first = false;   // DATE: the values do not tell
  bool always = false;               // every row has a value
  bool never = false;                // none has
  bool distinct = false;             // no value comes twice
  bool counter = false;              // whole numbers, each one more than that of the row before
};
ColumnGuess GuessColumn(const std::vector<std::string>& values, const record::Profile& profile);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_DRAFT_PACK_H_
