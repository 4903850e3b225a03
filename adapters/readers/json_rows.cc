#include "adapters/readers/json_rows.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void JsonRows::Reset(uint64_t line) {
  line_ = line;
  frames_.clear();
  key_.clear();
  number_.clear();
  key_too_large_ = in_string_ = false;
}

const PathNode* JsonRows::NodeOf(const Place& place) const {
  if (place.node == kNoNode) return nullptr;
  return &(place.inner ? paths_.inner : paths_.outer)[static_cast<size_t>(place.node)];
}

JsonRows::Place JsonRows::Match(const Frame& frame) const {
  const PathNode* const node = NodeOf(frame.place);
  if (node == nullptr) return {kNoNode, frame.place.inner};
  for (const PathNode::Edge& edge : node->edges) {
    const bool fits =
        edge.step.any ||
        (frame.array ? edge.step.index >= 0 && static_cast<uint64_t>(edge.step.index) == frame.count
                     : edge.step.name == key_ && !key_too_large_);
    if (fits) return {edge.child, frame.place.inner};
  }
  return {kNoNode, frame.place.inner};
}

JsonRows::Place JsonRows::Enter(bool* is_row) {
  Place place = {0, false};
  if (!frames_.empty()) {
    Frame& frame = frames_.back();
    place = Match(frame);
    if (builder_.in_row() && frame.array && frame.count > 0) AppendRaw(",");
    ++frame.count;
  }
  const PathNode* const node = NodeOf(place);
  *is_row = !place.inner && node != nullptr && node->is_row;
  if (!*is_row) return place;
  parent_seen_ = true;
  builder_.Begin(line_);
  return {0, true};
}

bool JsonRows::Open(bool array) {
  Frame frame;
  frame.place = Enter(&frame.opened_row);
  key_.clear();
  key_too_large_ = false;
  frame.array = array;
  const PathNode* const node = NodeOf(frame.place);
  if (!frame.place.inner && node != nullptr && node->row_depth >= 0) {
    builder_.ClearContexts(node->row_depth);
    if (node->row_depth == paths_.row_depth - 1) parent_seen_ = true;
  }
  if (builder_.in_row()) {
    frame.raw_begin = builder_.raw()->size();
    AppendRaw(array ? "[" : "{");
  }
  frames_.push_back(frame);
  return true;
}

bool JsonRows::Close() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  if (!builder_.in_row()) return true;
  AppendRaw(frame.array ? "]" : "}");
  const PathNode* const node = NodeOf(frame.place);
  if (node != nullptr) {
    for (const size_t column : node->columns) {
      builder_.CellFromRaw(column, frame.raw_begin, builder_.raw()->size() - frame.raw_begin);
    }
  }
  if (frame.opened_row) builder_.End();
  return true;
}

bool JsonRows::KeyPart(std::string_view part) {
  if (key_.size() + part.size() > cell_bytes_max_) {
    key_too_large_ = true;
    return true;
  }
  key_.append(part);
  return true;
}

// boost calls on_key when the whole key is there; the value's event follows, so key_ is cleared at
// the next key.
bool JsonRows::Key() {
  if (builder_.in_row()) {
    if (frames_.back().count > 0) AppendRaw(",");
    AppendRaw("\"");
    AppendEscaped(key_);
    AppendRaw("\":");
    if (key_too_large_) {
      builder_.AddFault(Code::CELL_TOO_LARGE, "", key_, "the name of a member is too long");
    }
  }
  return true;
}

bool JsonRows::StringPart(std::string_view part) {
  if (!in_string_) {
    in_string_ = true;
    escaped_ = text_too_large_ = false;
    text_.clear();
    string_place_ = Enter(&string_is_row_);
    key_.clear();
    key_too_large_ = false;
    if (builder_.in_row()) AppendRaw("\"");
    string_begin_ = builder_.in_row() ? builder_.raw()->size() : 0;
  }
  const PathNode* const node = NodeOf(string_place_);
  const bool wanted = node != nullptr && !node->columns.empty();
  if (!builder_.in_row()) {
    if (!wanted) return true;
    text_too_large_ = text_too_large_ || text_.size() + part.size() > cell_bytes_max_;
    if (!text_too_large_) text_.append(part);
    return true;
  }
  bool special = false;
  for (const char c : part) special |= NeedsEscape(c);
  if (special && !escaped_ && wanted) {
    text_.assign(*builder_.raw(), string_begin_, std::string::npos);
  }
  escaped_ = escaped_ || special;
  if (escaped_ && wanted && text_.size() <= cell_bytes_max_) text_.append(part);
  if (special) {
    AppendEscaped(part);
  } else {
    AppendRaw(part);
  }
  return true;
}

bool JsonRows::StringEnd() {
  in_string_ = false;
  const PathNode* const node = NodeOf(string_place_);
  if (!builder_.in_row()) {
    if (node != nullptr && !text_too_large_) {
      for (const size_t column : node->columns) builder_.SetContext(column, text_);
    }
    return true;
  }
  const size_t size = builder_.raw()->size() - string_begin_;
  AppendRaw("\"");
  if (node != nullptr) {
    for (const size_t column : node->columns) {
      if (escaped_) {
        builder_.Cell(column, text_, RowBuilder::Again::kFault);
      } else {
        builder_.CellFromRaw(column, string_begin_, size);
      }
    }
  }
  if (string_is_row_) builder_.End();
  return true;
}

bool JsonRows::NumberPart(std::string_view part) {
  // One byte beyond the limit is enough to know.
  if (number_.size() <= cell_bytes_max_) number_.append(part);
  return true;
}

bool JsonRows::Number(std::string_view part) {
  NumberPart(part);
  Scalar(number_, true);
  number_.clear();
  return true;
}

bool JsonRows::Literal(std::string_view text, bool present) {
  Scalar(text, present);
  return true;
}

void JsonRows::Scalar(std::string_view text, bool present) {
  bool is_row = false;
  const Place place = Enter(&is_row);
  key_.clear();
  key_too_large_ = false;
  const PathNode* const node = NodeOf(place);
  if (!builder_.in_row()) {
    if (node == nullptr || !present || text.size() > cell_bytes_max_) return;
    for (const size_t column : node->columns) builder_.SetContext(column, text);
    return;
  }
  const size_t begin = builder_.raw()->size();
  AppendRaw(text);
  if (node != nullptr && present) {
    for (const size_t column : node->columns) builder_.CellFromRaw(column, begin, text.size());
  }
  if (is_row) builder_.End();
}

void JsonRows::AppendRaw(std::string_view text) {
  if (!builder_.Overflowed()) builder_.raw()->append(text);
}

void JsonRows::AppendEscaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!NeedsEscape(c)) continue;
    AppendRaw(text.substr(plain, i - plain));
    plain = i + 1;
    if (c == '"' || c == '\\') {
      const char escape[] = {'\\', c};
      AppendRaw({escape, sizeof escape});
    } else if (c == '\n') {
      AppendRaw("\\n");
    } else {
      const char escape[] = {'\\', 'u', '0', '0', kHex[(c >> 4) & 15], kHex[c & 15]};
      AppendRaw({escape, sizeof escape});
    }
  }
  AppendRaw(text.substr(plain));
}

}  // namespace tombolo::readers
