// The events of a JSON parser as rows: a handler for boost::json::basic_parser.
//
// While a row is open its text is written again without blanks; cells are parts of that text where
// no escape stands in them. Numbers keep their digits as they stand (RFC 8259 section 6 leaves
// their range to the reader).
//
// Ownership: keeps pointers to paths and builder. Thread-safety: one thread per object.
// Errors: none of its own; trouble becomes a fault of the row.
#ifndef TOMBOLO_ADAPTERS_READERS_JSON_ROWS_H_
#define TOMBOLO_ADAPTERS_READERS_JSON_ROWS_H_

#include <boost/json/basic_parser.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/paths.h"
#include "adapters/readers/row_builder.h"

namespace tombolo::readers {

class JsonRows {
 public:
  using Error = boost::json::error_code;
  using View = boost::json::string_view;
  // The parser's own bounds on counts and sizes; ours are kept in the builder.
  static constexpr size_t max_object_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_array_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_key_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_string_size = std::numeric_limits<size_t>::max();

  JsonRows(const CompiledPaths* paths, RowBuilder* builder, size_t cell_bytes_max)
      : paths_(*paths), builder_(*builder), cell_bytes_max_(cell_bytes_max) {}

  // Before each document; `line` is given to its rows, 0 for none.
  void Reset(uint64_t line);
  // True once the array (or object) came that the rows stand in.
  bool parent_seen() const { return parent_seen_; }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return Open(false); }
  bool on_object_end(size_t, Error&) { return Close(); }
  bool on_array_begin(Error&) { return Open(true); }
  bool on_array_end(size_t, Error&) { return Close(); }
  bool on_key_part(View part, size_t, Error&) { return KeyPart({part.data(), part.size()}); }
  bool on_key(View part, size_t, Error&) {
    KeyPart({part.data(), part.size()});
    return Key();
  }
  bool on_string_part(View part, size_t, Error&) {
    return TextPart({part.data(), part.size()}, true);
  }
  bool on_string(View part, size_t, Error&) { return Text({part.data(), part.size()}, true); }
  bool on_number_part(View part, Error&) { return TextPart({part.data(), part.size()}, false); }
  bool on_int64(int64_t, View part, Error&) { return Text({part.data(), part.size()}, false); }
  bool on_uint64(uint64_t, View part, Error&) { return Text({part.data(), part.size()}, false); }
  bool on_double(double, View part, Error&) { return Text({part.data(), part.size()}, false); }
  bool on_bool(bool value, Error&) { return Text(value ? "true" : "false", false); }
  bool on_null(Error&) { return Null(); }
  bool on_comment_part(View, Error&) { return true; }
  bool on_comment(View, Error&) { return true; }

 private:
  // A place in one of the two trees of paths.
  struct Place {
    int node = kNoNode;
    bool inner = false;
  };
  struct Frame {
    Place place;
    bool array = false;
    bool opened_row = false;
    uint64_t count = 0;
    size_t raw_begin = 0;
    size_t hint = 0;
  };

  const PathNode* NodeOf(const Place& place) const;
  Place Match(Frame* frame) const;
  // The place of the value that begins now; writes a comma if one is due; begins a row if it is
  // one.
  Place Enter(bool* is_row);
  bool Open(bool array);
  bool Close();
  bool KeyPart(std::string_view part);
  bool Key();
  // The first or a later part of a string (`quoted`), a number, true or false; the last one.
  bool TextPart(std::string_view part, bool quoted);
  bool Text(std::string_view part, bool quoted);
  bool Null();
  void BeginText(bool quoted);
  void EndText(bool quoted);
  void AppendEscaped(std::string_view text);
  void AppendRaw(std::string_view text) {
    if (!builder_.overflowed()) builder_.raw()->append(text);
  }

  const CompiledPaths& paths_;
  RowBuilder& builder_;
  const size_t cell_bytes_max_;
  uint64_t line_ = 0;
  bool parent_seen_ = false;
  std::vector<Frame> frames_;
  std::string key_;
  bool key_too_large_ = false;
  bool in_text_ = false;
  bool text_is_row_ = false;
  bool escaped_ = false;
  bool text_too_large_ = false;
  bool text_wanted_ = false;
  Place text_place_;
  size_t text_begin_ = 0;  // in the row's source text
  std::string text_;       // unescaped, if it differs from that or stands outside of rows
};

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_JSON_ROWS_H_
