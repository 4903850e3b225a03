// What Pack::Load makes, for the parts of the engine.
//
// Ownership: owns everything. Thread-safety: immutable once made. Errors: none.
#ifndef TOMBOLO_ADAPTERS_ENGINE_COMPILED_PACK_H_
#define TOMBOLO_ADAPTERS_ENGINE_COMPILED_PACK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/engine/code_list.h"
#include "adapters/engine/connection.h"
#include "adapters/engine/functions.h"
#include "adapters/engine/pack.h"
#include "adapters/engine/source_table.h"

namespace tombolo::engine {

struct CompiledQuery {
  const v1::RecordQuery* declared = nullptr;
  const record::ItemSpec* item = nullptr;
  std::vector<const record::ItemSpec*> more_items;
  SqlText text;
  Reads reads;
  bool zero_copy = false;   // nothing keeps a row's values while the next is read
  bool has_scope = false;   // the SELECT yields _scope
  int scope_column = -1;    // index among the source's declared columns
  std::vector<int> fields;  // of the item, that the SELECT yields
};

class CompiledPack : public Pack {
 public:
  const v1::Pack& declared() const override { return declared_; }
  const record::Catalogue& catalogue() const override { return *catalogue_; }
  StatusOr<const v1::Source*> SourceForFile(std::string_view base_name) const override;

  bool MakesGroups(const v1::RecordQuery& query) const override;
  std::string_view digest() const override { return digest_; }

  const CodeLists& lists() const { return lists_; }
  const std::vector<CompiledQuery>& queries() const { return queries_; }
  const v1::Source* FindSource(std::string_view name) const;
  bool HasLeaveOut(std::string_view rule) const;
  // "source.column" is named in unused_columns, by the SQL name or the file's.
  bool KnownUnused(std::string_view source, std::string_view column) const;

 private:
  friend class PackLoader;
  v1::Pack declared_;
  std::shared_ptr<const record::Catalogue> catalogue_;
  CodeLists lists_;
  std::vector<CompiledQuery> queries_;
  std::string digest_;
};

// What a query sees of the pack: a connection with its functions and sources.
class QueryBed {
 public:
  static StatusOr<std::unique_ptr<QueryBed>> Make(const v1::Pack& pack, const CodeLists& lists,
                                                  const record::Catalogue& catalogue);
  Connection& connection() { return *connection_; }
  FunctionContext& functions() { return functions_; }
  // `driving` streams; the other lookup sources become empty tables.
  Status AddSources(const v1::Pack& pack, SourceTable* driving);

 private:
  FunctionContext functions_;
  std::unique_ptr<Connection> connection_;  // goes first: it points at the functions
};

// Lower case as SQLite compares names: ASCII letters only.
std::string LowerName(std::string_view name);

// `*` any characters, `?` one character; the rest stands for itself.
bool GlobFits(std::string_view pattern, std::string_view name);

// Everything wrong with pack.yaml by itself. Also used by Lint.
void CheckDeclared(const v1::Pack& pack, std::vector<LintFinding>* findings);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_COMPILED_PACK_H_
