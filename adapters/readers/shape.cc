#include "adapters/readers/shape.h"

#include <libxml/parser.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr size_t kPathsMax =
    10 * limits::kColumnsMax;        // a document of ever new names stops counting
constexpr int kAttributeFields = 5;  // of libxml2's array

class JsonShape {
 public:
  using Error = boost::json::error_code;
  using View = boost::json::string_view;
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  explicit JsonShape(Shape* shape) : shape_(*shape) {}
  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return Open(false); }
  bool on_object_end(size_t, Error&) { return Close(); }
  bool on_array_begin(Error&) { return Open(true); }
  bool on_array_end(size_t, Error&) { return Close(); }
  bool on_key_part(View part, size_t, Error&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(View part, size_t, Error& error) { return on_key_part(part, 0, error); }
  bool on_string_part(View, size_t, Error&) { return true; }
  bool on_string(View, size_t, Error&) { return Value(); }
  bool on_number_part(View, Error&) { return true; }
  bool on_int64(int64_t, View, Error&) { return Value(); }
  bool on_uint64(uint64_t, View, Error&) { return Value(); }
  bool on_double(double, View, Error&) { return Value(); }
  bool on_bool(bool, Error&) { return Value(); }
  bool on_null(Error&) { return Value(); }
  bool on_comment_part(View, Error&) { return true; }
  bool on_comment(View, Error&) { return true; }

 private:
  // The document itself has no name and is no place of its own.
  void Enter() {
    if (!arrays_.empty()) shape_.Enter(arrays_.back() ? "*" : key_);
    key_.clear();
  }
  void Leave() {
    if (!arrays_.empty()) shape_.Leave();
  }
  bool Open(bool array) {
    Enter();
    if (array && !arrays_.empty()) shape_.Array();
    arrays_.push_back(array);
    return true;
  }
  bool Close() {
    arrays_.pop_back();
    Leave();
    return true;
  }
  bool Value() {
    Enter();
    if (!arrays_.empty()) shape_.Text();
    Leave();
    return true;
  }

  Shape& shape_;
  std::string key_;
  std::vector<bool> arrays_;
};

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// The last name of a path; "@id" is "id".
std::string LastName(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.starts_with('@')) name.erase(0, 1);
  return name;
}

// The path of a column as its format writes it, from a path with slashes below the row.
std::string Written(const std::string& below, Format format) {
  if (format == Format::kXml) return below;
  const bool plain = below.find_first_of(".[]/") == std::string::npos;
  return plain ? below : absl::StrCat("./", below);
}

}  // namespace

void Shape::Enter(std::string_view name) {
  std::string path = absl::StrCat(open_.empty() ? "" : open_.back(), "/", ToAbsl(name));
  if (!open_.empty()) {
    const auto parent = paths_.find(open_.back());
    if (parent != paths_.end()) parent->second.has_parts = true;
  }
  if (paths_.size() < kPathsMax) {
    Info& info = paths_[path];
    if (info.count++ == 0) info.order = paths_.size();
    info.depth = open_.size() + 1;
  }
  open_.push_back(std::move(path));
}

void Shape::Leave() {
  if (!open_.empty()) open_.pop_back();
}

void Shape::Text() {
  const auto at = open_.empty() ? paths_.end() : paths_.find(open_.back());
  if (at != paths_.end()) at->second.has_text = true;
}

void Shape::Array() {
  const auto at = open_.empty() ? paths_.end() : paths_.find(open_.back());
  if (at != paths_.end()) at->second.is_array = true;
}

void Shape::Leaf(std::string_view name) {
  Enter(name);
  Text();
  Leave();
}

Shape ShapeOfXml(std::string_view utf8) {
  Shape shape;
  xmlSAXHandler sax{};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = [](void* self, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                          const xmlChar**, int attributes, int, const xmlChar** values) {
    auto* const to = static_cast<Shape*>(self);
    to->Enter(View(name));
    for (int i = 0; i < attributes; ++i) {
      // Attributes with a prefix are the schema's (xsi:nil), not data.
      const xmlChar** const field = values + i * kAttributeFields;
      if (field[1] == nullptr) to->Leaf(absl::StrCat("@", ToAbsl(View(field[0]))));
    }
  };
  sax.endElementNs = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
    static_cast<Shape*>(self)->Leave();
  };
  sax.characters = [](void* self, const xmlChar* text, int size) {
    const std::string_view chars(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
    if (!Trim(chars).empty()) static_cast<Shape*>(self)->Text();
  };
  sax.serror = [](void*, xmlErrorPtr) {};
  const xmlParserCtxtPtr context = ::xmlCreatePushParserCtxt(&sax, &shape, nullptr, 0, nullptr);
  if (context == nullptr) return shape;
  ::xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
  ::xmlParseChunk(context, utf8.data(), static_cast<int>(utf8.size()), 0);
  ::xmlFreeParserCtxt(context);
  return shape;
}

Shape ShapeOfJson(std::string_view utf8) {
  Shape shape;
  boost::json::parse_options options;
  options.max_depth = limits::kNestingMax;
  boost::json::basic_parser<JsonShape> parser(options, &shape);
  boost::json::error_code error;
  parser.write_some(true, utf8.data(), utf8.size(), error);
  return shape;
}

std::vector<std::string> RowPaths(const Shape& shape) {
  struct Candidate {
    std::string path;
    size_t weight = 0;
  };
  std::vector<Candidate> found;
  for (const auto& [path, info] : shape.paths()) {
    if (!info.has_parts || info.is_array || info.count < 2) continue;
    size_t values = 0;
    const std::string prefix = path + "/";
    for (auto at = shape.paths().lower_bound(prefix);
         at != shape.paths().end() && at->first.starts_with(prefix); ++at) {
      values += at->second.has_text ? at->second.count : 0;
    }
    // Rows repeat under few parents: a part that comes once in each row holds fewer values than the
    // row.
    found.push_back({path, values});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
  std::vector<std::string> out;
  for (Candidate& candidate : found) out.push_back(std::move(candidate.path));
  return out;
}

std::vector<ColumnPath> ColumnsOf(const Shape& shape, const std::string& row_path, Format format) {
  struct Found {
    size_t order;
    std::string path;   // full
    std::string below;  // of the row, or full for a value before it
    bool context;
  };
  std::vector<Found> all;
  const std::string prefix = row_path + "/";
  const auto row = shape.paths().find(row_path);
  for (const auto& [path, info] : shape.paths()) {
    const bool value = info.has_text || info.is_array;
    if (!value || info.has_parts != info.is_array) continue;
    if (path.starts_with(prefix)) {
      const std::string below = path.substr(prefix.size());
      // What is in an array comes with the array's own text.
      if (below.find('*') == std::string::npos) all.push_back({info.order, path, below, false});
    } else if (row != shape.paths().end() && info.count == 1 && !info.is_array &&
               info.order < row->second.order) {
      all.push_back({info.order, path, path, true});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Found& a, const Found& b) { return a.order < b.order; });
  std::set<std::string> used;
  std::vector<ColumnPath> out;
  for (const Found& found : all) {
    std::string name = LastName(found.path);
    const std::string base = name;
    for (int n = 2; !used.insert(name).second; ++n) name = absl::StrCat(base, "_", n);
    out.push_back({name, found.context ? found.below : Written(found.below, format)});
  }
  return out;
}

}  // namespace tombolo::readers
