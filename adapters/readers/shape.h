// The shape of a nested document: which paths it has and how often, taken from its first bytes.
//
// Ownership: plain values. Thread-safety: pure. Errors: none; what comes after the first mistake is
// not seen.
#ifndef TOMBOLO_ADAPTERS_READERS_SHAPE_H_
#define TOMBOLO_ADAPTERS_READERS_SHAPE_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/readers.h"

namespace tombolo::readers {

class Shape {
 public:
  struct Info {
    size_t count = 0;  // times met
    size_t order = 0;  // of the first meeting
    size_t depth = 0;
    bool has_parts = false;
    bool has_text = false;
    bool is_array = false;
  };
  void Enter(std::string_view name);
  void Leave();
  void Text();   // the place at hand has a value
  void Array();  // the place at hand is an array
  // A value without parts of its own: an attribute.
  void Leaf(std::string_view name);

  const std::map<std::string, Info>& paths() const { return paths_; }

 private:
  std::map<std::string, Info> paths_;
  std::vector<std::string> open_;
};

// `utf8` may be cut off anywhere.
Shape ShapeOfXml(std::string_view utf8);
Shape ShapeOfJson(std::string_view utf8);

// Places that repeat and have parts, the richest first: where rows may be.
std::vector<std::string> RowPaths(const Shape& shape);
// The values below `row_path`, and single values that stand before it, as columns.
std::vector<ColumnPath> ColumnsOf(const Shape& shape, const std::string& row_path, Format format);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_SHAPE_H_
