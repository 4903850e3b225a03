#include "gateway/record/scheme_pattern.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr size_t kByteValues = 256;
constexpr size_t kUnbounded = std::numeric_limits<size_t>::max();
using ByteSet = std::bitset<kByteValues>;

size_t SaturatingAdd(size_t a, size_t b) { return a > kUnbounded - b ? kUnbounded : a + b; }

// Part of the position automaton: which positions can come first and last.
struct Fragment {
  bool nullable = true;
  std::vector<uint32_t> first;
  std::vector<uint32_t> last;
  size_t length_min = 0;
  size_t length_max = 0;
};

struct Node {
  enum class Kind { kEmpty, kBytes, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kEmpty;
  ByteSet bytes;
  std::vector<Node> children;
  size_t count_min = 0;
  size_t count_max = 0;  // kUnbounded for *, + and {m,}
};

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  StatusOr<Node> Parse() {
    if (pattern_.empty()) return Refuse("is empty");
    if (pattern_.size() > limits::kPatternBytesMax) return Refuse("is too long");
    if (Peek() == '^') ++at_;
    ASSIGN_OR_RETURN(Node node, ParseChoice(0));
    if (Peek() == '$' && at_ + 1 == pattern_.size()) ++at_;
    if (at_ != pattern_.size()) return Refuse("has something here that is not understood");
    return node;
  }

 private:
  int Peek() const {
    return at_ < pattern_.size() ? static_cast<unsigned char>(pattern_[at_]) : -1;
  }

  Status Refuse(std::string_view why) const {
    return MakeError(Code::CONFIG_VALUE, absl::StrCat("the pattern '", ToAbsl(pattern_), "' ",
                                                      ToAbsl(why), " (byte ", at_ + 1, ")"));
  }

  StatusOr<Node> ParseChoice(size_t depth) {
    if (depth > limits::kPatternNestingMax) return Refuse("is nested too deeply");
    Node choice{Node::Kind::kChoice};
    while (true) {
      ASSIGN_OR_RETURN(Node sequence, ParseSequence(depth));
      choice.children.push_back(std::move(sequence));
      if (Peek() != '|') break;
      ++at_;
    }
    return choice;
  }

  StatusOr<Node> ParseSequence(size_t depth) {
    Node sequence{Node::Kind::kSequence};
    while (at_ < pattern_.size() && Peek() != '|' && Peek() != ')' &&
           !(Peek() == '$' && at_ + 1 == pattern_.size())) {
      ASSIGN_OR_RETURN(Node atom, ParseAtom(depth));
      ASSIGN_OR_RETURN(Node repeated, ParseCount(std::move(atom)));
      sequence.children.push_back(std::move(repeated));
    }
    if (sequence.children.empty()) return Refuse("has an empty alternative");
    return sequence;
  }

  StatusOr<Node> ParseAtom(size_t depth) {
    const int c = Peek();
    if (c >= 0x80) return Refuse("has a character that is not ASCII");
    Node node{Node::Kind::kBytes};
    switch (c) {
      case '(': {
        ++at_;
        ASSIGN_OR_RETURN(node, ParseChoice(depth + 1));
        if (Peek() != ')') return Refuse("has a group that is not closed");
        ++at_;
        return node;
      }
      case '[':
        return ParseBracket();
      case '.':
        for (size_t b = 0x20; b < kByteValues; ++b) node.bytes.set(b, b != 0x7F);
        ++at_;
        return node;
      case '\\':
        ++at_;
        if (Peek() < 0x21 || Peek() > 0x7E || IsAlnum(Peek())) {
          return Refuse("has a backslash before something other than punctuation");
        }
        break;
      case '^':
      case '$':
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return Refuse("has an operator where none can stand");
      default:
        break;
    }
    node.bytes.set(static_cast<size_t>(Peek()));
    ++at_;
    return node;
  }

  static bool IsAlnum(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  StatusOr<Node> ParseBracket() {
    Node node{Node::Kind::kBytes};
    ++at_;
    const bool negated = Peek() == '^';
    if (negated) ++at_;
    for (bool first = true; first || Peek() != ']'; first = false) {
      if (Peek() < 0) return Refuse("has a bracket that is not closed");
      if (Peek() >= 0x80) return Refuse("has a character that is not ASCII");
      RETURN_IF_ERROR(ParseBracketPart(&node.bytes));
    }
    ++at_;
    if (negated) {
      node.bytes.flip();
      for (size_t b = 0; b < kByteValues; ++b) {
        if (b < 0x20 || b == 0x7F) node.bytes.reset(b);
      }
    }
    return node;
  }

  Status ParseBracketPart(ByteSet* bytes) {
    if (pattern_.compare(at_, 2, "[:") == 0) return ParseNamedClass(bytes);
    if (pattern_.compare(at_, 2, "[.") == 0 || pattern_.compare(at_, 2, "[=") == 0) {
      return Refuse("has a collating element");
    }
    // Backslash is literal here in POSIX and an escape elsewhere; neither reading is safe to guess.
    if (Peek() == '\\') return Refuse("has a backslash inside a bracket");
    const size_t low = static_cast<size_t>(Peek());
    size_t high = low;
    ++at_;
    if (Peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
      ++at_;
      high = static_cast<size_t>(Peek());
      if (high >= 0x80 || high == '[' || high == '\\') return Refuse("has a range that is odd");
      if (high < low) return Refuse("has a range that runs backwards");
      ++at_;
    }
    for (size_t b = low; b <= high; ++b) bytes->set(b);
    return absl::OkStatus();
  }

  Status ParseNamedClass(ByteSet* bytes) {
    static constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
        {"[:digit:]", "09"},
        {"[:upper:]", "AZ"},
        {"[:lower:]", "az"},
        {"[:alpha:]", "AZaz"},
        {"[:alnum:]", "09AZaz"}};
    for (const auto& [name, ranges] : kClasses) {
      if (pattern_.compare(at_, name.size(), name) != 0) continue;
      for (size_t i = 0; i < ranges.size(); i += 2) {
        for (char c = ranges[i]; c <= ranges[i + 1]; ++c) bytes->set(static_cast<size_t>(c));
      }
      at_ += name.size();
      return absl::OkStatus();
    }
    return Refuse("has a character class that is not known");
  }

  StatusOr<size_t> ParseNumber() {
    if (Peek() < '0' || Peek() > '9') return Refuse("has a count that is not a number");
    size_t number = 0;
    while (Peek() >= '0' && Peek() <= '9') {
      number = number * 10 + static_cast<size_t>(Peek() - '0');
      if (number > limits::kPatternRepeatMax) return Refuse("has a count that is too large");
      ++at_;
    }
    return number;
  }

  StatusOr<Node> ParseCount(Node atom) {
    size_t low = 0;
    size_t high = kUnbounded;
    switch (Peek()) {
      case '?':
        high = 1;
        ++at_;
        break;
      case '*':
        ++at_;
        break;
      case '+':
        low = 1;
        ++at_;
        break;
      case '{': {
        ++at_;
        ASSIGN_OR_RETURN(low, ParseNumber());
        high = low;
        if (Peek() == ',') {
          ++at_;
          high = kUnbounded;
          if (Peek() != '}') {
            ASSIGN_OR_RETURN(high, ParseNumber());
          }
        }
        if (Peek() != '}') return Refuse("has a count that is not closed");
        if (high < low || high == 0) return Refuse("has a count whose bounds make no sense");
        ++at_;
        break;
      }
      default:
        return atom;
    }
    if (Peek() == '?' || Peek() == '*' || Peek() == '+' || Peek() == '{') {
      return Refuse("has one count after another");
    }
    Node repeat{Node::Kind::kRepeat};
    repeat.children.push_back(std::move(atom));
    repeat.count_min = low;
    repeat.count_max = high;
    return repeat;
  }

  std::string_view pattern_;
  size_t at_ = 0;
};

// Glushkov's construction: one position per byte set; `follow` says what may come after each.
class Positions {
 public:
  std::vector<ByteSet> bytes;
  std::vector<std::vector<uint32_t>> follow;

  // std::nullopt when there would be more positions than the limit.
  std::optional<Fragment> Build(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kEmpty:
        return Fragment{};
      case Node::Kind::kBytes: {
        if (bytes.size() >= limits::kPatternStatesMax) return std::nullopt;
        const auto position = static_cast<uint32_t>(bytes.size());
        bytes.push_back(node.bytes);
        follow.emplace_back();
        return Fragment{false, {position}, {position}, 1, 1};
      }
      case Node::Kind::kSequence: {
        std::optional<Fragment> whole = Fragment{};
        for (const Node& child : node.children) {
          whole = Join(std::move(whole), Build(child));
          if (!whole.has_value()) break;
        }
        return whole;
      }
      case Node::Kind::kChoice:
        return BuildChoice(node);
      case Node::Kind::kRepeat:
        return BuildRepeat(node);
    }
    return std::nullopt;
  }

 private:
  static void Append(std::vector<uint32_t>* to, const std::vector<uint32_t>& from) {
    to->insert(to->end(), from.begin(), from.end());
  }

  std::optional<Fragment> Join(std::optional<Fragment> a, std::optional<Fragment> b) {
    if (!a.has_value() || !b.has_value()) return std::nullopt;
    for (const uint32_t p : a->last) Append(&follow[p], b->first);
    if (a->nullable) Append(&a->first, b->first);
    if (b->nullable) {
      Append(&b->last, a->last);
    }
    a->last = std::move(b->last);
    a->nullable = a->nullable && b->nullable;
    a->length_min = SaturatingAdd(a->length_min, b->length_min);
    a->length_max = SaturatingAdd(a->length_max, b->length_max);
    return a;
  }

  std::optional<Fragment> BuildChoice(const Node& node) {
    std::optional<Fragment> whole;
    for (const Node& child : node.children) {
      std::optional<Fragment> part = Build(child);
      if (!part.has_value()) return std::nullopt;
      if (!whole.has_value()) {
        whole = std::move(part);
        continue;
      }
      Append(&whole->first, part->first);
      Append(&whole->last, part->last);
      whole->nullable = whole->nullable || part->nullable;
      whole->length_min = std::min(whole->length_min, part->length_min);
      whole->length_max = std::max(whole->length_max, part->length_max);
    }
    return whole;
  }

  std::optional<Fragment> BuildRepeat(const Node& node) {
    const Node& child = node.children.front();
    std::optional<Fragment> tail = Fragment{};
    if (node.count_max == kUnbounded) {
      tail = Build(child);
      if (!tail.has_value()) return std::nullopt;
      for (const uint32_t p : tail->last) Append(&follow[p], tail->first);
      tail->nullable = true;
      tail->length_min = 0;
      tail->length_max = tail->length_max == 0 ? 0 : kUnbounded;
    } else {
      // x{0,3} as (x(x(x)?)?)?: follow sets stay as small as the text's.
      for (size_t i = node.count_min; i < node.count_max; ++i) {
        tail = Join(Build(child), std::move(tail));
        if (!tail.has_value()) return std::nullopt;
        tail->nullable = true;
        tail->length_min = 0;
      }
    }
    for (size_t i = 0; i < node.count_min && tail.has_value(); ++i) {
      tail = Join(Build(child), std::move(tail));
    }
    return tail;
  }
};

std::vector<uint32_t> Sorted(std::vector<uint32_t> set) {
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

}  // namespace

StatusOr<Pattern> Pattern::Compile(std::string_view pattern) {
  ASSIGN_OR_RETURN(const Node node, Parser(pattern).Parse());
  const auto too_large = [&] {
    return MakeError(Code::CONFIG_VALUE,
                     absl::StrCat("the pattern '", ToAbsl(pattern),
                                  "' is too large once its counts are unfolded"));
  };
  Positions positions;
  const std::optional<Fragment> whole = positions.Build(node);
  if (!whole.has_value()) return too_large();
  for (std::vector<uint32_t>& set : positions.follow) set = Sorted(std::move(set));

  Pattern made;
  made.length_min_ = whole->length_min;
  made.length_max_ = whole->length_max;
  // Bytes that every position treats alike become one class.
  std::vector<size_t> representative{0};
  for (const ByteSet& bytes : positions.bytes) {
    std::map<std::pair<uint8_t, bool>, uint8_t> split;
    representative.clear();
    for (size_t b = 0; b < kByteValues; ++b) {
      const auto [at, fresh] = split.try_emplace({made.class_of_[b], bytes.test(b)},
                                                 static_cast<uint8_t>(representative.size()));
      if (fresh) representative.push_back(b);
      made.class_of_[b] = at->second;
    }
  }
  made.class_count_ = representative.size();

  // Row 0 is dead, row 1 the start; the others are sets of positions just passed.
  const size_t row_size = made.class_count_ + 1;
  std::vector<uint8_t> ends(positions.bytes.size(), 0);
  for (const uint32_t p : whole->last) ends[p] = 1;
  std::map<std::vector<uint32_t>, uint32_t> index;
  std::vector<const std::vector<uint32_t>*> states{nullptr, nullptr};
  made.start_ = static_cast<uint32_t>(row_size);
  made.next_.assign(2 * row_size, kDead);
  made.next_[2 * row_size - 1] = whole->nullable ? 1 : 0;
  for (size_t state = 1; state < states.size(); ++state) {
    std::vector<uint32_t> reachable;
    if (states[state] == nullptr) {
      reachable = whole->first;
    } else {
      for (const uint32_t p : *states[state]) {
        reachable.insert(reachable.end(), positions.follow[p].begin(), positions.follow[p].end());
      }
    }
    reachable = Sorted(std::move(reachable));
    for (size_t c = 0; c < made.class_count_; ++c) {
      std::vector<uint32_t> target;
      for (const uint32_t p : reachable) {
        if (positions.bytes[p].test(representative[c])) target.push_back(p);
      }
      if (target.empty()) continue;
      const auto [at, fresh] = index.try_emplace(std::move(target), made.next_.size());
      made.next_[state * row_size + c] = at->second;
      if (!fresh) continue;
      if (states.size() >= limits::kPatternStatesMax) return too_large();
      states.push_back(&at->first);
      made.next_.resize(made.next_.size() + row_size, kDead);
      for (const uint32_t p : at->first) made.next_.back() |= ends[p];
    }
  }
  return made;
}

}  // namespace tombolo::record
