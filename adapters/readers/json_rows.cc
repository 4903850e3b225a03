#include "adapters/readers/json_rows.h"

#include <cstring>

#include "adapters/readers/encoding.h"

namespace tombolo::readers {
namespace {

// Where the first byte stands that a JSON string must escape; the size if there is none. Eight
// bytes at a time: the high bit of each byte of `found` says that it is below 0x20, a quote or a
// backslash.
size_t FirstEscape(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHigh = 0x8080808080808080u;
  const auto zero = [](uint64_t x) { return (x - kOnes) & ~x; };
  size_t i = 0;
  for (uint64_t word; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    const uint64_t control = (word - kOnes * 0x20) & ~word;
    if (((control | zero(word ^ kOnes * '"') | zero(word ^ kOnes * '\\')) & kHigh) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') break;
  }
  return i;
}

}  // namespace

void JsonRows::Reset(uint64_t line) {
  line_ = line;
  frames_.clear();
  key_.clear();
  key_too_large_ = in_text_ = false;
}

const PathNode* JsonRows::NodeOf(const Place& place) const {
  if (place.node == kNoNode) return nullptr;
  return &(place.inner ? paths_.inner : paths_.outer)[static_cast<size_t>(place.node)];
}

JsonRows::Place JsonRows::Match(Frame* frame) const {
  const PathNode* const node = NodeOf(frame->place);
  if (node == nullptr) return {kNoNode, frame->place.inner};
  const int child = node->Find(&frame->hint, [&](const Step& step) {
    if (step.any) return true;
    if (!frame->array) return step.name == key_ && !key_too_large_;
    return step.index >= 0 && static_cast<uint64_t>(step.index) == frame->count;
  });
  return {child, frame->place.inner};
}

JsonRows::Place JsonRows::Enter(bool* is_row) {
  Place place = {0, false};
  // Once for each value is enough: what is added between is bounded by a chunk.
  if (builder_.in_row()) builder_.Overflowed();
  if (!frames_.empty()) {
    Frame& frame = frames_.back();
    place = Match(&frame);
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
  // Exactly the first bytes, however many parts there are.
  const size_t room = cell_bytes_max_ - key_.size();
  key_too_large_ = key_too_large_ || part.size() > room;
  key_.append(part.substr(0, room));
  return true;
}

// boost calls on_key when the whole key is there; the value's event follows, so key_ is cleared at
// the next key.
bool JsonRows::Key() {
  if (!builder_.in_row()) return true;
  const std::string_view name = WellFormedPrefix(key_, key_.size());
  if (key_too_large_ && !builder_.Overflowed()) {
    builder_.AddFault(Code::CELL_TOO_LARGE, "", name, "the name of a member is too long");
  }
  AppendRaw(frames_.back().count > 0 ? ",\"" : "\"");
  AppendEscaped(name);
  AppendRaw("\":");
  return true;
}

void JsonRows::BeginText(bool quoted) {
  in_text_ = true;
  escaped_ = text_too_large_ = false;
  text_.clear();
  text_place_ = Enter(&text_is_row_);
  key_.clear();
  key_too_large_ = false;
  const PathNode* const node = NodeOf(text_place_);
  text_wanted_ = node != nullptr && !node->columns.empty();
  if (!builder_.in_row()) return;
  if (quoted) AppendRaw("\"");
  text_begin_ = builder_.raw()->size();
}

bool JsonRows::TextPart(std::string_view part, bool quoted) {
  if (!in_text_) BeginText(quoted);
  if (!builder_.in_row()) {
    if (!text_wanted_) return true;
    text_too_large_ = text_too_large_ || text_.size() + part.size() > cell_bytes_max_;
    if (!text_too_large_) text_.append(part);
    return true;
  }
  builder_.Overflowed();
  const bool special = FirstEscape(part) < part.size();
  // One byte beyond the limit is enough to know.
  const size_t kept_max = cell_bytes_max_ + 1;
  if (special && !escaped_ && text_wanted_) {
    text_.assign(*builder_.raw(), text_begin_, kept_max);
  }
  escaped_ = escaped_ || special;
  if (escaped_ && text_wanted_) text_.append(part.substr(0, kept_max - text_.size()));
  if (special) {
    AppendEscaped(part);
  } else {
    AppendRaw(part);
  }
  return true;
}

bool JsonRows::Text(std::string_view part, bool quoted) {
  TextPart(part, quoted);
  EndText(quoted);
  return true;
}

void JsonRows::EndText(bool quoted) {
  in_text_ = false;
  const PathNode* const node = NodeOf(text_place_);
  if (!builder_.in_row()) {
    if (!text_wanted_ || text_too_large_) return;
    for (const size_t column : node->columns) builder_.SetContext(column, text_);
    return;
  }
  const size_t size = builder_.raw()->size() - text_begin_;
  if (quoted) AppendRaw("\"");
  if (text_wanted_) {
    for (const size_t column : node->columns) {
      if (escaped_) {
        builder_.Cell(column, text_, RowBuilder::Again::kFault);
      } else {
        builder_.CellFromRaw(column, text_begin_, size);
      }
    }
  }
  if (text_is_row_) builder_.End();
}

bool JsonRows::Null() {
  bool is_row = false;
  Enter(&is_row);
  key_.clear();
  key_too_large_ = false;
  if (!builder_.in_row()) return true;
  AppendRaw("null");
  if (is_row) builder_.End();
  return true;
}

void JsonRows::AppendEscaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (;;) {
    const size_t at = FirstEscape(text);
    AppendRaw(text.substr(0, at));
    if (at == text.size()) return;
    const char c = text[at];
    text.remove_prefix(at + 1);
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
}

}  // namespace tombolo::readers
