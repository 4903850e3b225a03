// Persons' numbers in free text (rule ID_IN_CLEAR), and refused categories in names (rule
// PROHIBITED_CATEGORY).
//
// A number is found when an unbroken run of ASCII letters and digits (full-width ones count as
// such: people write them, and a number in full width is as readable), or groups as the scheme's
// text_groups say, is a valid number of a watched scheme: length, place, date, prefix and check all
// fit. It is not reported when the same characters are a valid number of another scheme with a
// check of its own that does not identify a person: one in thirty credit codes passes Luhn.
// Ownership: TextWatch keeps pointers into the profile; CategoryWords owns its words.
// Thread-safety: immutable once built. Errors: none; values in faults are masked.
#ifndef TOMBOLO_GATEWAY_RECORD_WATCH_H_
#define TOMBOLO_GATEWAY_RECORD_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "gateway/base/error.h"
#include "gateway/record/scheme.h"
#include "tombolo/v1/profile.pb.h"

namespace tombolo::record {

class TextWatch {
 public:
  // Numbers of `scheme` are looked for. CONFIG_VALUE if its text_groups make no sense.
  Status Watch(const Scheme* scheme);
  // Numbers of `scheme` are what they are, even if they look like a watched one.
  void Exempt(const Scheme* scheme) { exempt_.push_back(scheme); }

  std::vector<Fault> Find(std::string_view text) const;
  // A text without a run of so many letters and digits, one a digit at least, has no such number.
  size_t run_min() const { return token_length_min_; }

 private:
  struct Token;
  struct Watched {
    const Scheme* scheme = nullptr;
    std::vector<std::vector<size_t>> groups;  // lengths
  };
  bool IsPersonNumber(const Watched& watched, const std::string& candidate) const;
  // How many of `tokens`, from the first on, are a number (0: none), which goes to `*number`.
  size_t MatchAt(std::string_view text, absl::Span<const Token> tokens, const Watched& watched,
                 std::string* number) const;
  static bool NextToken(std::string_view text, size_t from, Token* token);

  std::vector<Watched> watched_;
  std::vector<const Scheme*> exempt_;
  size_t token_length_min_ = SIZE_MAX;
};

class CategoryWords {
 public:
  // Adds the tags, words and phrases of one category. CONFIG_VALUE if it has no name or an empty
  // word.
  Status Add(const v1::Profile::ProhibitedCategory& category);

  // The category of a declared tag: the tag itself or one above it (health covers
  // health.diagnosis).
  std::optional<std::string> OfTag(std::string_view tag) const;
  // The category that a field name or title falls into. Words are compared whole and in any case;
  // `_`, `.`, `-` and a change from lower to upper case part words; words that are not ASCII are
  // found anywhere, for scripts that write without blanks.
  std::optional<std::string> OfWords(std::string_view text) const;

 private:
  struct Word {
    std::string text;  // as SplitWords gives it
    std::string category;
  };
  absl::flat_hash_map<std::string, std::string> tags_;
  std::vector<Word> words_;
  std::vector<std::string> except_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_WATCH_H_
