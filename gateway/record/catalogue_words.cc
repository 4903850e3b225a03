// The words and built-in lists that catalogue checks and rules share.
#include <algorithm>
#include <array>

#include "gateway/record/catalogue_check.h"
#include "gateway/record/item.h"

namespace tombolo::record {
namespace {

struct BuiltInList {
  std::string_view name;
  std::string_view field;
  std::vector<std::string> codes;
};

const std::vector<BuiltInList>& BuiltInLists() {
  static const auto* const kLists = new std::vector<BuiltInList>{
      {kSubjectKindList,
       names::kSubjectKind,
       {"ORGANISATION", "INDIVIDUAL_BUSINESS", "NATURAL_PERSON"}},
      {kSeverityList, names::kSeverity, {"MINOR", "GENERAL", "SERIOUS"}},
      {kRepresentationList, names::kRepresentation, {"ANSWERED", "WAIVED"}},
      {kLevelList,
       names::kAuthorityLevel,
       {"NATIONAL", "PROVINCE", "PREFECTURE", "COUNTY", "OTHER"}},
  };
  return *kLists;
}

constexpr std::array<std::string_view, 15> kScoreWords = {
    "score", "scores", "scoring", "points", "point",   "grade",       "grades", "grading",
    "rank",  "ranks",  "ranking", "rating", "ratings", "probability", "rated"};
// The same in Chinese (score, points, credit score, ranking, rating, grading), written without
// blanks.
constexpr std::array<std::string_view, 8> kScoreWordsHan = {
    "评分",   "得分", "积分", "分数",  // in general
    "信用分", "排名", "评级", "打分",
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool HasScoreWord(std::string_view text) {
  std::string word;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && IsWordChar(text[i])) {
      word.push_back(Lower(text[i]));
      continue;
    }
    if (std::find(kScoreWords.begin(), kScoreWords.end(), word) != kScoreWords.end()) return true;
    word.clear();
  }
  return std::any_of(kScoreWordsHan.begin(), kScoreWordsHan.end(), [text](std::string_view han) {
    return text.find(han) != std::string_view::npos;
  });
}

// From the highest; OTHER and unknown ones are 0.
int LevelRank(std::string_view level) {
  if (level == "NATIONAL") return 4;
  if (level == "PROVINCE") return 3;
  if (level == "PREFECTURE") return 2;
  return level == "COUNTY" ? 1 : 0;
}

}  // namespace

const std::string* FindBuiltInCode(std::string_view list, std::string_view code) {
  for (const BuiltInList& one : BuiltInLists()) {
    if (one.name != list) continue;
    for (const std::string& known : one.codes) {
      if (known == code) return &known;
    }
  }
  return nullptr;
}

bool IsBuiltInList(std::string_view list) {
  const std::vector<BuiltInList>& lists = BuiltInLists();
  return std::any_of(lists.begin(), lists.end(),
                     [list](const BuiltInList& one) { return one.name == list; });
}

std::string_view BuiltInListOf(std::string_view field_name) {
  for (const BuiltInList& one : BuiltInLists()) {
    if (one.field == field_name) return one.name;
  }
  return "";
}

v1::SharingClass Stricter(v1::SharingClass a, v1::SharingClass b) { return std::max(a, b); }

bool IsScoreField(const v1::CatalogueField& field) {
  return HasScoreWord(field.name()) || HasScoreWord(field.title()) ||
         std::any_of(field.tags().begin(), field.tags().end(),
                     [](const std::string& tag) { return HasScoreWord(tag); });
}

bool RatesSubject(const v1::CatalogueItem& item) {
  return item.kind() == v1::EVALUATION ||
         std::any_of(item.fields().begin(), item.fields().end(), IsScoreField);
}

bool IsHarmfulList(v1::RecordKind kind, v1::Polarity polarity) {
  return kind == v1::LIST_ENTRY && polarity != v1::POSITIVE;
}

bool LevelMayList(const v1::ProfileRules& rules, std::string_view level) {
  const int rank = LevelRank(level);
  return std::any_of(rules.list_levels().begin(), rules.list_levels().end(),
                     [level, rank](const std::string& allowed) {
                       const int least = LevelRank(allowed);
                       return level == allowed || (least > 0 && rank >= least);
                     });
}

SchemeAndValue SplitIdentifier(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool HasSubjectKind(const v1::CatalogueItem& item, v1::SubjectKind kind) {
  return std::find(item.subject_kinds().begin(), item.subject_kinds().end(), kind) !=
         item.subject_kinds().end();
}

}  // namespace tombolo::record
