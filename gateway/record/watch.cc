#include "gateway/record/watch.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr char kFullWidthLead = '\xEF';   // of the UTF-8 form of every full-width letter or digit
constexpr size_t kTokensInline = 16;      // a text of more runs allocates
constexpr size_t kDialledDigitsMax = 15;  // of a telephone number with its country, ITU-T E.164
constexpr std::string_view kWidePlus = "\xEF\xBC\x8B";  // U+FF0B

bool IsAsciiAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

// The ASCII letter or digit that begins at `at`, with the bytes it takes; 0 bytes if there is none.
// Full-width forms U+FF10..FF19, FF21..FF3A, FF41..FF5A are EF BC 90..99, EF BC A1..BA, EF
// BD 81..9A.
struct Folded {
  char c = '\0';
  size_t bytes = 0;
};
Folded FoldAt(std::string_view text, size_t at) {
  const char c = text[at];
  if (IsAsciiAlnum(c)) return {c, 1};
  if (c != kFullWidthLead || at + 2 >= text.size()) return {};
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const auto third = static_cast<unsigned char>(text[at + 2]);
  char folded = '\0';
  if (second == 0xBC && third >= 0x90 && third <= 0xBA) {
    folded = static_cast<char>(third - 0x90 + '0');
  } else if (second == 0xBD && third >= 0x81 && third <= 0x9A) {
    folded = static_cast<char>(third - 0x81 + 'a');
  }
  return IsAsciiAlnum(folded) ? Folded{folded, 3} : Folded{};
}

// Bytes of the ASCII or full-width letter or digit that `text` ends with, 0 if it ends otherwise.
size_t BytesOfFoldedBefore(std::string_view text) {
  if (text.empty()) return 0;
  if (IsAsciiAlnum(text.back())) return 1;
  return text.size() >= 3 && FoldAt(text, text.size() - 3).bytes == 3 ? 3 : 0;
}

void AppendFolded(std::string_view run, std::string* to) {
  for (size_t at = 0; at < run.size();) {
    const Folded folded = FoldAt(run, at);
    to->push_back(folded.c);
    at += folded.bytes;
  }
}

// Lower case, words divided by single blanks, a blank at both ends; non-ASCII kept as it is.
std::string SplitWords(std::string_view text) {
  std::string words = " ";
  char before = ' ';
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool wordly = IsAsciiAlnum(c) || static_cast<unsigned char>(c) >= 0x80;
    if ((!wordly || (upper && before >= 'a' && before <= 'z')) && words.back() != ' ') {
      words.push_back(' ');
    }
    if (wordly) words.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    before = c;
  }
  if (words.back() != ' ') words.push_back(' ');
  return words;
}

// A word as it is searched for: with its blanks if it is ASCII, without them otherwise.
std::string SearchForm(std::string_view word) {
  std::string form = SplitWords(word);
  const bool ascii = std::none_of(form.begin(), form.end(),
                                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return ascii ? form : std::string(Trim(form));
}

}  // namespace

// A run of letters and digits that has a digit.
struct TextWatch::Token {
  size_t begin = 0;
  size_t end = 0;
  size_t length = 0;         // characters
  bool follows = false;      // only one blank or hyphen parts it from the token before
  bool after_point = false;  // a digit and a point stand before it
  // Begin of the run that a "+" stands before, where this one is it or follows it as part of the
  // same telephone number; npos if there is none.
  size_t dialled_from = std::string_view::npos;
};

namespace {

// True if the letters and digits of `text` at `at` begin with `digits`, both in any width.
bool BeginsWith(std::string_view text, size_t at, std::string_view digits) {
  for (const char digit : digits) {
    const Folded folded = at < text.size() ? FoldAt(text, at) : Folded{};
    if (folded.c != digit) return false;
    at += folded.bytes;
  }
  return true;
}

bool EndsWithPlus(std::string_view text) {
  return text.ends_with('+') || text.ends_with(kWidePlus);
}

}  // namespace

Status TextWatch::Watch(const Scheme* scheme) {
  Watched watched{scheme, {}};
  size_t shortest = scheme->pattern().length_min();
  for (const std::string& declared : scheme->declared().text_groups()) {
    std::vector<size_t> lengths;
    for (const absl::string_view part : absl::StrSplit(declared, ' ')) {
      uint32_t length = 0;
      if (!absl::SimpleAtoi(part, &length) || length == 0) {
        return MakeError(Code::CONFIG_VALUE,
                         absl::StrCat("scheme '", scheme->declared().scheme(), "': text_groups '",
                                      declared, "' is not a row of lengths"));
      }
      lengths.push_back(length);
      shortest = std::min<size_t>(shortest, length);
    }
    watched.groups.push_back(std::move(lengths));
  }
  const std::string& country = scheme->declared().country_code();
  if (!std::all_of(country.begin(), country.end(), IsAsciiDigit)) {
    return MakeError(Code::CONFIG_VALUE,
                     absl::StrCat("scheme '", scheme->declared().scheme(), "': country_code '",
                                  country, "' is not digits"));
  }
  token_length_min_ = std::min(token_length_min_, std::max<size_t>(shortest, 1));
  watched_.push_back(std::move(watched));
  return absl::OkStatus();
}

bool TextWatch::IsPersonNumber(const Watched& watched, const std::string& candidate) const {
  const Pattern& pattern = watched.scheme->pattern();
  if (candidate.size() < pattern.length_min() || candidate.size() > pattern.length_max()) {
    return false;
  }
  std::string normal;
  watched.scheme->Normalise(candidate, &normal);
  if (!watched.scheme->AcceptsNormal(normal, std::nullopt)) return false;
  return std::none_of(exempt_.begin(), exempt_.end(), [&](const Scheme* scheme) {
    scheme->Normalise(candidate, &normal);
    return scheme->AcceptsNormal(normal, std::nullopt);
  });
}

size_t TextWatch::MatchAt(std::string_view text, absl::Span<const Token> tokens,
                          const Watched& watched, std::string* number) const {
  const Token& first = tokens.front();
  const v1::IdentifierScheme& declared = watched.scheme->declared();
  if (first.after_point && declared.not_after_point()) return 0;
  // Of the run that a candidate ends with: what goes past a telephone number is not part of it.
  const auto abroad = [&](const Token& last) {
    return !declared.country_code().empty() && last.dialled_from != std::string_view::npos &&
           !BeginsWith(text, last.dialled_from, declared.country_code());
  };
  const Pattern& pattern = watched.scheme->pattern();
  if (first.length >= pattern.length_min() && first.length <= pattern.length_max()) {
    number->clear();
    AppendFolded(text.substr(first.begin, first.end - first.begin), number);
    if (!abroad(first) && IsPersonNumber(watched, *number)) return 1;
  }
  for (const std::vector<size_t>& lengths : watched.groups) {
    if (lengths.front() != first.length || lengths.size() > tokens.size()) continue;
    number->clear();
    bool fits = true;
    for (size_t i = 0; fits && i < lengths.size(); ++i) {
      const Token& token = tokens[i];
      fits = token.length == lengths[i] && (i == 0 || token.follows);
      if (fits) AppendFolded(text.substr(token.begin, token.end - token.begin), number);
    }
    if (fits && !abroad(tokens[lengths.size() - 1]) && IsPersonNumber(watched, *number)) {
      return lengths.size();
    }
  }
  return 0;
}

// The next run that has a digit, from `from` on; false if there is none. Looks for digits first and
// for the run's ends then: most text has few digits, so most bytes cost one look.
bool TextWatch::NextToken(std::string_view text, size_t from, Token* token) {
  size_t at = from;
  while (at < text.size() && !(IsAsciiDigit(text[at]) ||
                               (text[at] == kFullWidthLead && IsAsciiDigit(FoldAt(text, at).c)))) {
    ++at;
  }
  if (at >= text.size()) return false;
  *token = {at, at, 0, false, false};
  while (token->begin > from) {
    const size_t back = BytesOfFoldedBefore(text.substr(from, token->begin - from));
    if (back == 0) break;
    token->begin -= back;
    ++token->length;
  }
  for (Folded folded = FoldAt(text, at); folded.bytes != 0;
       folded = at < text.size() ? FoldAt(text, at) : Folded{}) {
    at += folded.bytes;
    ++token->length;
  }
  token->end = at;
  token->after_point =
      token->begin >= 2 && text[token->begin - 1] == '.' && IsAsciiDigit(text[token->begin - 2]);
  return true;
}

std::vector<Fault> TextWatch::Find(std::string_view text) const {
  absl::InlinedVector<Token, kTokensInline> tokens;
  Token token;
  size_t end_before = std::string_view::npos;
  size_t dialled_from = std::string_view::npos, dialled = 0;
  for (size_t from = 0; NextToken(text, from, &token); from = token.end) {
    token.follows = end_before != std::string_view::npos && token.begin == end_before + 1 &&
                    (text[end_before] == ' ' || text[end_before] == '-');
    end_before = token.end;
    if (EndsWithPlus(text.substr(0, token.begin))) {
      dialled_from = token.begin;
      dialled = token.length;
    } else if (token.follows && dialled + token.length <= kDialledDigitsMax) {
      dialled += token.length;
    } else {
      dialled_from = std::string_view::npos;
    }
    token.dialled_from = dialled_from;
    if (token.length >= token_length_min_) tokens.push_back(token);
  }
  std::vector<Fault> faults;
  std::string number;
  for (size_t i = 0; i < tokens.size();) {
    size_t used = 0;
    for (const Watched& watched : watched_) {
      used = MatchAt(text, absl::MakeConstSpan(tokens).subspan(i), watched, &number);
      if (used == 0) continue;
      faults.push_back({Code::ID_IN_CLEAR, "", MaskNumber(number),
                        absl::StrCat("byte ", tokens[i].begin + 1, " of the text begins a valid ",
                                     watched.scheme->declared().scheme(),
                                     "; seal it in a field of its own or mask it")});
      break;
    }
    i += std::max<size_t>(used, 1);
  }
  return faults;
}

Status CategoryWords::Add(const v1::Profile::ProhibitedCategory& category) {
  if (category.category().empty()) {
    return MakeError(Code::CONFIG_VALUE, "a prohibited category has no name");
  }
  const auto refuse = [&](const std::string& what) {
    return MakeError(Code::CONFIG_VALUE, absl::StrCat("prohibited category '", category.category(),
                                                      "': '", what, "' is not a word"));
  };
  for (const std::string& tag : category.tags()) {
    if (tag.empty()) return refuse(tag);
    tags_.try_emplace(tag, category.category());
  }
  for (const std::string& word : category.words()) {
    std::string form = SearchForm(word);
    if (Trim(form).empty()) return refuse(word);
    words_.push_back({std::move(form), category.category()});
  }
  for (const std::string& phrase : category.except_phrases()) {
    std::string form = SearchForm(phrase);
    if (Trim(form).empty()) return refuse(phrase);
    except_.push_back(std::move(form));
  }
  return absl::OkStatus();
}

std::optional<std::string> CategoryWords::OfTag(std::string_view tag) const {
  while (!tag.empty()) {
    const auto found = tags_.find(ToAbsl(tag));
    if (found != tags_.end()) return found->second;
    const size_t dot = tag.rfind('.');
    tag = tag.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return std::nullopt;
}

std::optional<std::string> CategoryWords::OfWords(std::string_view text) const {
  std::string words = SplitWords(text);
  for (const std::string& phrase : except_) {
    // A lawful phrase is blotted out, so that a second, unlawful mention is still seen.
    for (size_t at = words.find(phrase); at != std::string::npos; at = words.find(phrase, at)) {
      words.replace(at, phrase.size(), " | ");
    }
  }
  for (const Word& word : words_) {
    if (words.find(word.text) != std::string::npos) return word.category;
  }
  return std::nullopt;
}

}  // namespace tombolo::record
