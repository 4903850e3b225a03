// Paths from a nested document to columns, compiled into two trees that a reader walks along.
//
// The outer tree starts at the document and holds the row path and the paths of values outside the
// row; the inner tree starts at the row. Syntax: ColumnPath in readers.h.
//
// Ownership: plain values. Thread-safety: plain values. Errors: INVALID_ARGUMENT.
#ifndef TOMBOLO_ADAPTERS_READERS_PATHS_H_
#define TOMBOLO_ADAPTERS_READERS_PATHS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/readers.h"
#include "gateway/base/error.h"

namespace tombolo::readers {

struct Step {
  std::string name;  // local name, or JSON key
  std::string uri;   // XML, if has_uri
  bool has_uri = false;
  bool attribute = false;  // XML
  bool any = false;        // `*`
  int64_t index = -1;      // JSON: `[n]`, or a name of digits only
  bool operator==(const Step&) const = default;
};

inline constexpr int kNoNode = -1;

struct PathNode {
  struct Edge {
    Step step;
    int child = kNoNode;
  };
  std::vector<Edge> edges;
  std::vector<size_t> columns;  // whose value this is
  int row_depth = -1;   // outer: its place on the row path, 0 for the document; -1 beside it
  bool is_row = false;  // outer
  bool has_attributes = false;  // some edge is an attribute
  bool in_order = false;  // two edges may fit one name: `*`, which stands last, or a namespace

  // The child of the first edge that `fits`, or kNoNode. Members mostly come in the order of the
  // paths, so the search begins behind the last find, which `*hint` keeps.
  template <typename Fits>
  int Find(size_t* hint, Fits fits) const {
    size_t at = in_order || *hint >= edges.size() ? 0 : *hint;
    for (size_t i = 0; i < edges.size(); ++i) {
      if (fits(edges[at].step)) {
        *hint = at + 1;
        return edges[at].child;
      }
      if (++at == edges.size()) at = 0;
    }
    return kNoNode;
  }
};

struct CompiledPaths {
  std::vector<std::string> columns;  // names
  std::vector<PathNode> outer;       // [0] is the document
  std::vector<PathNode> inner;       // [0] is the row
  int row_depth = 0;                 // steps of the row path
  // Columns with values outside the row, with the depth on the row path of what both share.
  struct Context {
    size_t column = 0;
    int scope_depth = 0;
  };
  std::vector<Context> contexts;
};

// Checks names and paths. `columns_max` bounds the columns, `nesting_max` the steps.
StatusOr<CompiledPaths> CompilePaths(const ReaderOptions& options, size_t columns_max,
                                     size_t nesting_max);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_PATHS_H_
