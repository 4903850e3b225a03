// A pack in use: pack.yaml, its catalogue, its SQL and its code lists, checked and compiled.
//
// The convention for a SELECT (docs/packs.md): it reads the driving source and looked-up sources,
// and yields columns
//   _rows      which source rows it used: `_row` of the driving source, or rows(_row) of a group
//   required key_1..    the natural key, in order required _leave_out name of a leave_out rule when
//   this row makes no record; other columns are then not looked at _state     v1.RecordState name;
//   absent or NULL = EFFECTIVE decided_on, effective_on, valid_from, valid_until, publish_until,
//   share_until      ISO dates, NULL = unknown any other  a field of the item, named as in the
//   catalogue ("subject.name"), typed by the catalogue
// A value that a function could not make (bad date, unknown code) carries its fault to the column
// that it ends in.
//
// Ownership: a Pack owns everything compiled. Thread-safety: immutable after Load; a run is used by
// one thread. Errors: PACK_INVALID, PACK_SQL, PACK_FORBIDDEN, CONFIG_*, FIELD_UNKNOWN; each message
// names file and line.
#ifndef TOMBOLO_ADAPTERS_ENGINE_PACK_H_
#define TOMBOLO_ADAPTERS_ENGINE_PACK_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/catalogue.h"
#include "tombolo/v1/pack.pb.h"

namespace tombolo::engine {

// The text of a file of the pack's folder, by name relative to it.
using FileText = std::function<StatusOr<std::string>(std::string_view file)>;
// A compiled profile by name; "" = core.
using ProfileByName =
    std::function<StatusOr<std::shared_ptr<const record::Profile>>(std::string_view name)>;

class Pack {
 public:
  static StatusOr<std::shared_ptr<const Pack>> Load(const FileText& file_text,
                                                    const ProfileByName& profiles);
  virtual ~Pack() = default;

  virtual const v1::Pack& declared() const = 0;
  virtual const record::Catalogue& catalogue() const = 0;
  // The source whose file patterns fit this base name; nullptr if none does, PACK_INVALID if
  // several do.
  virtual StatusOr<const v1::Source*> SourceForFile(std::string_view base_name) const = 0;
  // The query makes records of groups of rows, or otherwise keeps rows while it reads others: a
  // single row of it cannot be taken by itself.
  virtual bool MakesGroups(const v1::RecordQuery& query) const = 0;
  // Digest of all that the pack is made of: its files, the catalogue's, the profile.
  virtual std::string_view digest() const = 0;
  // "name@version".
  std::string id() const;
};

// Everything wrong with a pack, all together; empty = Load would succeed and lint has no complaint.
// Besides errors: columns of sources no query reads, code lists nobody uses, fields never filled,
// required fields never filled.
struct LintFinding {
  bool error = false;  // false: advice
  std::string where;   // file, line if known
  std::string message;
};
std::vector<LintFinding> Lint(const FileText& file_text, const ProfileByName& profiles);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_PACK_H_
